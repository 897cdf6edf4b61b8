#include "graphql/schema/built_in.h"

namespace millrace::graphql {

const std::string_view built_in_definitions = R"(
"A whole number of 32 bits, with sign."
scalar Int
"A finite number of double precision (IEEE 754)."
scalar Float
"Text: a sequence of Unicode characters."
scalar String
"True or false."
scalar Boolean
"An identifier. Always a string in answers; in requests, whole numbers are taken as well."
scalar ID

"Leaves the selection out unless the condition is true."
directive @include("Whether to select." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Leaves the selection out if the condition is true."
directive @skip("Whether to leave out." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Marks what clients should no longer use."
directive @deprecated("Why, and what to use instead, as Markdown." reason: String! = "No longer supported")
  on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"Names the document that specifies a scalar."
directive @specifiedBy("Where the document is." url: String!) on SCALAR
"Makes an input object take exactly one of its fields."
directive @oneOf on INPUT_OBJECT

"The schema of this service: its types, directives and entry points."
type __Schema {
  description: String
  "All types, built-in ones included."
  types: [__Type!]!
  "Where queries begin."
  queryType: __Type!
  "Where mutations begin, if there are any."
  mutationType: __Type
  "Where subscriptions begin, if there are any."
  subscriptionType: __Type
  "All directives that documents may use."
  directives: [__Directive!]!
}

"A type: a named one, or a list or non-null around another type."
type __Type {
  kind: __TypeKind!
  name: String
  description: String
  specifiedByURL: String
  fields(includeDeprecated: Boolean! = false): [__Field!]
  interfaces: [__Type!]
  possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean! = false): [__EnumValue!]
  inputFields(includeDeprecated: Boolean! = false): [__InputValue!]
  ofType: __Type
  isOneOf: Boolean
}

"The kind of a type; it tells which fields of __Type have a value."
enum __TypeKind {
  "A leaf without further structure."
  SCALAR
  "A set of fields; `fields` and `interfaces` have a value."
  OBJECT
  "Fields that several objects share; `fields`, `interfaces` and `possibleTypes` have a value."
  INTERFACE
  "One of several objects; `possibleTypes` has a value."
  UNION
  "One of several names; `enumValues` has a value."
  ENUM
  "A set of fields to be given; `inputFields` has a value."
  INPUT_OBJECT
  "A list of the type in `ofType`."
  LIST
  "The type in `ofType`, never null."
  NON_NULL
}

"A field of an object or interface."
type __Field {
  name: String!
  description: String
  args(includeDeprecated: Boolean! = false): [__InputValue!]!
  type: __Type!
  isDeprecated: Boolean!
  deprecationReason: String
}

"An argument of a field or directive, or a field of an input object."
type __InputValue {
  name: String!
  description: String
  type: __Type!
  "The default as a GraphQL literal."
  defaultValue: String
  isDeprecated: Boolean!
  deprecationReason: String
}

"A value of an enum."
type __EnumValue {
  name: String!
  description: String
  isDeprecated: Boolean!
  deprecationReason: String
}

"A directive."
type __Directive {
  name: String!
  description: String
  isRepeatable: Boolean!
  locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean! = false): [__InputValue!]!
}

"A place where a directive may stand."
enum __DirectiveLocation {
  "On a query."
  QUERY
  "On a mutation."
  MUTATION
  "On a subscription."
  SUBSCRIPTION
  "On a selected field."
  FIELD
  "On the definition of a fragment."
  FRAGMENT_DEFINITION
  "On the use of a fragment."
  FRAGMENT_SPREAD
  "On a fragment without a name."
  INLINE_FRAGMENT
  "On the definition of a variable."
  VARIABLE_DEFINITION
  "On the schema."
  SCHEMA
  "On a scalar."
  SCALAR
  "On an object type."
  OBJECT
  "On the definition of a field."
  FIELD_DEFINITION
  "On the definition of an argument."
  ARGUMENT_DEFINITION
  "On an interface."
  INTERFACE
  "On a union."
  UNION
  "On an enum."
  ENUM
  "On a value of an enum."
  ENUM_VALUE
  "On an input object."
  INPUT_OBJECT
  "On a field of an input object."
  INPUT_FIELD_DEFINITION
}

type __MetaFields {
  "The name of the object's type."
  __typename: String!
  "The schema of this service."
  __schema: __Schema!
  "The type of that name, if there is one."
  __type(name: String!): __Type
}
)";

}  // namespace millrace::graphql
