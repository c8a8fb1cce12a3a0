package ldaptest

import (
	"strconv"

	"github.com/go-ldap/ldap/v3"
)

// The controls that the server acts upon.
const (
	oidPaging      = ldap.ControlTypePaging
	oidShowDeleted = ldap.ControlTypeMicrosoftShowDeleted
	oidDirSync     = ldap.ControlTypeDirSync
	oidDomainScope = ldap.ControlTypeMicrosoftDomainScope
	oidRangeNoErr  = ldap.ControlTypeMicrosoftRangeRetrievalNoErr
	oidManageDsaIT = ldap.ControlTypeManageDsaIT
)

// supportedControls are the controls that a search may mark critical.
func (t *tree) supportedControls() []string {
	if t.flavor == AD {
		return []string{oidPaging, oidShowDeleted, oidDirSync, oidDomainScope, oidRangeNoErr}
	}
	return []string{oidPaging, oidManageDsaIT}
}

// rootDSE describes the server to clients that do not know it yet. In OpenLDAP all of it is operational: shown only when asked for.
func (s *Server) rootDSE() []shown {
	t := s.tree
	extensions := []string{oidWhoAmI}
	if s.identity != nil {
		extensions = append(extensions, oidStartTLS)
	}
	common := []shown{
		{name: "supportedLDAPVersion", values: []string{"3"}},
		{name: "supportedControl", values: t.supportedControls()},
		{name: "supportedExtension", values: extensions},
	}
	if t.flavor == OpenLDAP {
		common = append(common, shown{name: "namingContexts", values: []string{t.base}}, shown{name: "vendorName", values: []string{"The OpenLDAP Project"}})
		for i := range common {
			common[i].operational = true
		}
		return append([]shown{{name: "objectClass", values: []string{"top", "OpenLDAProotDSE"}}}, common...)
	}
	return append(common,
		shown{name: "namingContexts", values: []string{t.base, "CN=Configuration," + t.base}},
		shown{name: "defaultNamingContext", values: []string{t.base}},
		shown{name: "rootDomainNamingContext", values: []string{t.base}},
		shown{name: "configurationNamingContext", values: []string{"CN=Configuration," + t.base}},
		shown{name: "supportedCapabilities", values: []string{"1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791"}},
		shown{name: "dnsHostName", values: []string{"dc1." + dnsName(t.base)}},
		shown{name: "dsServiceName", values: []string{t.serviceName()}},
		shown{name: "highestCommittedUSN", values: []string{strconv.FormatInt(t.usn, 10)}},
		shown{name: "isSynchronized", values: []string{"TRUE"}},
		shown{name: "domainFunctionality", values: []string{"7"}},
		shown{name: "forestFunctionality", values: []string{"7"}},
	)
}
