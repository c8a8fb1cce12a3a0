// Package browser holds the end-to-end tests of the console: the real binary, with the sample company of `muster demo`, in a real Chromium.
//
// TestMain builds the binary once. A test opens the link that the binary prints and does what an administrator does on the first day; what pages look like
// in each state is tested by the gallery in package console.
package browser
