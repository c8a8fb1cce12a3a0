package scimtest

var atlassian = ways{base: "/scim/directory/" + atlassianDirectory}

const atlassianDirectory = "8c1a2f04-5f2c-4d8e-9b67-3f0f6f1f2a10"
