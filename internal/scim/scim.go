// Package scim holds what SCIM 2.0 (RFC 7643, RFC 7644) says on the wire, and what can be computed from it without any I/O: resources as JSON objects,
// the messages around them, the attributes of the core schemas, the application of a PATCH, and the way between a resource and an attr.Set.
//
// It neither serves nor calls: package server/scimapi serves, connector/scim calls, and scimtest is the sandbox for both.
package scim

// Schema URNs of resources and messages.
const (
	UserURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	ConfigURN     = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	TypeURN       = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	SchemaURN     = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ListURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	PatchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	ErrorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// MediaType is the content type of every SCIM body.
const MediaType = "application/scim+json"

// A ListResponse is a page of resources (RFC 7644 §3.4.2).
type ListResponse struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex"`
	ItemsPerPage int        `json:"itemsPerPage"`
	Resources    []Resource `json:"Resources"`
}

// A PatchOp is the body of a PATCH (RFC 7644 §3.5.2).
type PatchOp struct {
	Schemas    []string    `json:"schemas"`
	Operations []Operation `json:"Operations"`
}

// An Operation is one step of a PatchOp. Op is compared without regard to case; Path may be empty for add and replace.
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

// A ServiceProviderConfig says what a service supports (RFC 7643 §5).
type ServiceProviderConfig struct {
	Schemas        []string    `json:"schemas"`
	Patch          Supported   `json:"patch"`
	Bulk           BulkLimits  `json:"bulk"`
	Filter         FilterLimit `json:"filter"`
	ChangePassword Supported   `json:"changePassword"`
	Sort           Supported   `json:"sort"`
	ETag           Supported   `json:"etag"`
	Authentication []AuthKind  `json:"authenticationSchemes"`
}

// Supported is a feature that is there or not.
type Supported struct {
	Supported bool `json:"supported"`
}

// BulkLimits are the limits of POST /Bulk.
type BulkLimits struct {
	Supported      bool `json:"supported"`
	MaxOperations  int  `json:"maxOperations"`
	MaxPayloadSize int  `json:"maxPayloadSize"`
}

// FilterLimit says whether filters work and how many results a page holds at most; 0 = not stated.
type FilterLimit struct {
	Supported  bool `json:"supported"`
	MaxResults int  `json:"maxResults"`
}

// An AuthKind is one way to authenticate.
type AuthKind struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Primary     bool   `json:"primary,omitempty"`
}

// A ResourceType names an endpoint and its schemas (RFC 7643 §6).
type ResourceType struct {
	Schemas    []string    `json:"schemas"`
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Endpoint   string      `json:"endpoint"`
	Schema     string      `json:"schema"`
	Extensions []Extension `json:"schemaExtensions,omitempty"`
}

// An Extension is a schema that a resource may carry besides its own.
type Extension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}
