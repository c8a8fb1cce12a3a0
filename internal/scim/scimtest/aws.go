package scimtest

var aws = ways{base: "/" + awsTenant + "/scim/v2", page: 50, pageMax: 50}

const awsTenant = "a1b2c3d4e5f-0a1b-4c2d-8e3f-9a0b1c2d3e4f"
