package ldap_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"muster/internal/secret"
	"muster/internal/source"
	"muster/internal/source/ldap"
	"muster/internal/source/ldap/ldaptest"
)

func Example() {
	server, err := ldaptest.Start(ldaptest.Config{LDIF: strings.NewReader(domain)})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	corp, err := ldap.New(ldap.Config{
		Name: "corp", Servers: []string{server.URL()}, Bind: "muster@corp.example", Password: secret.New("secret"),
		Canary:     "CN=muster,OU=Service,DC=corp,DC=example",
		People:     []ldap.Area{{Base: "people", DN: "OU=People,DC=corp,DC=example"}},
		Groups:     []ldap.Area{{Base: "groups", DN: "OU=Groups,DC=corp,DC=example"}},
		Attributes: []string{"sAMAccountName"},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = corp.Pull(context.Background(), "", func(b source.Batch) error {
		for _, r := range b.Records {
			fmt.Println(r.Kind, r.Name, r.Attrs.First("samaccountname"), r.Disabled)
		}
		if len(b.Complete) > 0 {
			fmt.Println("complete:", b.Complete)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Unordered output:
	// person CN=Ek\, Anna,OU=People,DC=corp,DC=example anna false
	// person CN=Ben Ito,OU=People,DC=corp,DC=example ben true
	// person CN=Cleo,OU=People,DC=corp,DC=example cleo false
	// group CN=Inner,OU=Groups,DC=corp,DC=example Inner false
	// group CN=Outer,OU=Groups,DC=corp,DC=example Outer false
	// group CN=Primary,OU=Groups,DC=corp,DC=example Primary false
	// group CN=Nobody,OU=Groups,DC=corp,DC=example Nobody false
	// complete: [people groups]
}
