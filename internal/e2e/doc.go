// Package e2e holds the end-to-end tests: the real binary against real directory servers, as an administrator has it.
//
// TestMain builds the binary once. Each test has a house: a scratch folder with a muster.yaml, a data folder and a SCIM sandbox that runs in the test process, so
// that the binary provisions over HTTP into something that the test can look into. Commands and `muster serve` are child processes; a test judges them by
// exit code, by what they print, and by what the sandbox holds. What a rule computes or a plan decides is tested in its own package.
//
// In this order a newcomer finds: house_test.go (the harness), company_test.go (who works there), life_test.go (a year in the life of a company, on OpenLDAP, Samba
// and PostgreSQL), then the bad days one by one, and torture_test.go, which kills the program at random moments and counts.
package e2e
