package scimtest

var meisterplan = ways{base: "/scim/v2"}
