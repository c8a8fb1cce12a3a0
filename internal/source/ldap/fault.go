package ldap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// fault makes an Incomplete that names the server.
func (s *session) fault(code, what, fix string, err error) *source.Incomplete {
	return &source.Incomplete{Code: code, What: s.server + ": " + what, Fix: fix, Err: err}
}

// searchFault says what the end of a search, or the lack of one, means. base is where it searched.
func (s *session) searchFault(ctx context.Context, base string, err error) *source.Incomplete {
	where := fmt.Sprintf("the search under %q ", base)
	if base == "" {
		where = "the search of the root DSE "
	}
	switch {
	case s.silent.Load():
		return s.fault("time_limit", fmt.Sprintf("%sgot no answer within %s", where, s.timeout), "look at the load of the server and at the network between", err)
	case ctx.Err() != nil:
		return s.fault("cut", where+"was stopped before its end", "", ctx.Err())
	case err == nil:
		return s.fault("cut", where+"ended without an answer: the connection is gone", "look at the server and the network, then read again", nil)
	}
	var le *ldapv3.Error
	if !errors.As(err, &le) {
		return s.fault("cut", where+"was cut off", "look at the server and the network, then read again", err)
	}
	if contains(err.Error(), "pagedResults page size") { // slapd's words when a page may not be so large
		return s.fault("size_limit", where+"was refused: the server gives no pages of that size", "set page_size to what the server allows, 500 for example", err)
	}
	if f, ok := resultFaults[le.ResultCode]; ok {
		return s.fault(f.code, where+f.what, f.fix, err)
	}
	return s.fault("server", where+"was answered with an error", "look at the server's log for this moment", err)
}

// resultFaults are the result codes (RFC 4511 appendix A) that need their own words.
var resultFaults = map[uint16]struct{ code, what, fix string }{
	ldapv3.LDAPResultSizeLimitExceeded: {
		"size_limit", "met the server's size limit: the answer is cut short",
		"lift the size limit for the bind account (OpenLDAP: olcLimits with size.prtotal=unlimited; 389: nsSizeLimit -1)",
	},
	ldapv3.LDAPResultTimeLimitExceeded: {
		"time_limit", "met the server's time limit: the answer is cut short",
		"lift the time limit for the bind account, index the attributes of the filter, or choose a narrower base",
	},
	ldapv3.LDAPResultAdminLimitExceeded: {
		"size_limit", "met an administrative limit: the answer is cut short",
		"lift the limits for the bind account (389: nsslapd-lookthroughlimit, nsIDListScanLimit), or index the attributes of the filter",
	},
	ldapv3.LDAPResultReferral: {
		"referral", "was referred to another server: this one does not hold that part of the directory",
		"name a server that holds it, or correct the base",
	},
	ldapv3.LDAPResultBusy:        {"busy", "was refused: the server is busy", "try again later, or add a server"},
	ldapv3.LDAPResultUnavailable: {"busy", "was refused: the server is shutting down or not ready", "try again later, or add a server"},
	ldapv3.LDAPResultNoSuchObject: {
		"base", "found no such entry: it does not exist or the bind account may not see it",
		"check the DN for typing errors, and what the bind account may read",
	},
	ldapv3.LDAPResultInvalidDNSyntax: {"base", "was refused: that is not a DN to this server", "check the DN for typing errors"},
	ldapv3.LDAPResultInsufficientAccessRights: {
		"rights", "was refused: the bind account lacks the right to search there", "grant it read access to the base and everything below",
	},
	ldapv3.LDAPResultOperationsError: {
		"rights", "was refused: Active Directory answers so when the connection is not signed in", "check the bind account",
	},
	ldapv3.LDAPResultUnavailableCriticalExtension: {
		"paging", "was refused: the server does not do paged results", "switch paged results on at the server, or choose another",
	},
	ldapv3.LDAPResultUnwillingToPerform: {"server", "was refused by the server", "look at the server's log for this moment"},
	ldapv3.LDAPResultStrongAuthRequired: {"tls", "was refused: the server wants an encrypted connection", "use ldaps:// or StartTLS"},
	ldapv3.ErrorNetwork:                 {"cut", "was cut off: the connection is gone", "look at the server and the network, then read again"},
}

// bindReasons are the sub-codes that Active Directory hides in its message of result 49.
var bindReasons = map[string]string{
	"data 525": "there is no such account", "data 52e": "the password is wrong", "data 530": "the account may not sign in at this hour",
	"data 531": "the account may not sign in from this machine", "data 532": "its password has expired", "data 533": "the account is disabled",
	"data 701": "the account has expired", "data 773": "its password must be changed first", "data 775": "the account is locked",
}

// bindFault says why an account was refused.
func (s *session) bindFault(ctx context.Context, bind string, err error) *source.Incomplete {
	who := fmt.Sprintf("%q was not let in", bind)
	if !ldapv3.IsErrorAnyOf(err, ldapv3.LDAPResultInvalidCredentials, ldapv3.LDAPResultInvalidDNSyntax, ldapv3.LDAPResultNoSuchObject,
		ldapv3.LDAPResultInappropriateAuthentication, ldapv3.LDAPResultInsufficientAccessRights, ldapv3.LDAPResultUnwillingToPerform,
		ldapv3.LDAPResultConstraintViolation) {
		f := s.searchFault(ctx, "", err)
		f.What = s.server + ": " + who + ": " + connectReason(f.Code)
		return f
	}
	why := "the password is wrong, or there is no such account"
	for data, reason := range bindReasons {
		if strings.Contains(err.Error(), data) {
			why = reason
		}
	}
	return s.fault("bind", who+": "+why, "check bind and password; other servers were not tried, so as not to lock the account", err)
}

func connectReason(code string) string {
	switch code {
	case "busy":
		return "the server is busy"
	case "tls":
		return "the server wants an encrypted connection"
	case "time_limit":
		return "the server did not answer in time"
	}
	return "the connection was cut"
}
