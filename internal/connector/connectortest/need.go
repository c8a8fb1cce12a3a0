package connectortest

import (
	"cmp"
	"slices"

	"muster/internal/connector"
)

// reason returns why a service does not offer a feature, or "" if has says that it does.
func (k *kit) reason(has bool, f connector.Features, name string) string {
	k.Helper()
	if has {
		return ""
	}
	return cmp.Or(f.Notes[name], "Features say that "+name+" is false, and Notes do not say why")
}

func needGroups(k *kit) string {
	k.Helper()
	f := k.features()
	return k.reason(f.Groups, f, "groups")
}

func needMembers(k *kit) string {
	k.Helper()
	f := k.features()
	return cmp.Or(k.reason(f.Groups, f, "groups"), k.reason(f.MembersReadable, f, "members_readable"))
}

func needRenameGroup(k *kit) string {
	k.Helper()
	f := k.features()
	return cmp.Or(k.reason(f.Groups, f, "groups"), k.reason(f.RenameGroup, f, "rename_group"))
}

func needDisable(k *kit) string {
	k.Helper()
	f := k.features()
	return k.reason(f.Disable, f, "disable")
}

func needCreateDisabled(k *kit) string {
	k.Helper()
	f := k.features()
	return k.reason(f.CreateDisabled, f, "create_disabled")
}

func needDelete(k *kit) string {
	k.Helper()
	f := k.features()
	return k.reason(f.DeleteUser, f, "delete_user")
}

// needFind wants a look-up by login name.
func needFind(k *kit) string {
	k.Helper()
	if slices.Contains(k.features().FindBy, k.s.Words.Login) {
		return ""
	}
	return "users cannot be looked up by " + string(k.s.Words.Login)
}

// fault switches f on.
func (k *kit) fault(f Fault) {
	k.Helper()
	if k.s.Fail == nil {
		k.failf("Sandbox.Fail is nil: give it, or say in Sandbox.Skip why not")
	}
	k.s.Fail(f)
}
