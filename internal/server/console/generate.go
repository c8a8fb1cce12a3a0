package console

//go:generate go tool templ generate -path . -log-level error
//go:generate go run ./style
