// Package docs writes the pages of docs/reference that follow from the code, and its tests hold the other pages to it: links lead somewhere, commands and
// configurations in them are accepted, and every problem code has its explanation.
//
// It is no part of the program: nothing imports it. The pages for people to write are in the folder docs; what is written here and not there is only what
// the code cannot say of itself, such as the meaning of a configuration key.
package docs

//go:generate go test -run ^TestGenerated$ . -update
