#pragma once

// The schema of this folder's tests, fuzzer and benchmark: every kind of type, wrapper and directive once.

#include <string_view>

namespace millrace::graphql {

inline constexpr std::string_view zoo_schema =
    R"(directive @tag(name: String!, level: Int = 1) repeatable on QUERY | FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @once(how: Diet) on QUERY | MUTATION | SUBSCRIPTION | FIELD | FRAGMENT_DEFINITION | VARIABLE_DEFINITION
directive @bounds(box: Box!) on FIELD

scalar Time

enum Diet { PLANTS MEAT ALL }

interface Named { name(upper: Boolean = false): String! }

interface Animal implements Named {
  name(upper: Boolean = false): String!
  id: ID!
  age: Int
  diet: Diet!
  mother: Animal
  friends(first: Int = 10, after: ID): [Animal!]
  keeper: Keeper
}

type Lion implements Animal & Named {
  name(upper: Boolean = false): String!
  id: ID!
  age: Int
  diet: Diet!
  mother: Lion
  friends(first: Int = 10, after: ID): [Animal!]
  keeper: Keeper
  roars(times: Int!): Boolean
  mane: Int
  size: Int!
}

type Parrot implements Animal & Named {
  name(upper: Boolean = false): String!
  id: ID!
  age: Int
  diet: Diet!
  mother: Parrot!
  friends(first: Int = 10, after: ID): [Animal!]
  keeper: Keeper
  words: [String!]
  mane: String
  size: Float
}

type Keeper implements Named {
  name(upper: Boolean = false): String!
  id: ID!
  animals(where: Filter, diets: [Diet!]): [Animal]
  lions: [[Lion!]!]
  since: Time
}

type Rock { id: ID!, mass: Float }

union Being = Lion | Parrot | Keeper
union Thing = Rock | Keeper

input Box { width: Int!, height: Int! = 3, inner: Box, tags: [String!], corners: [[Int]!] }
input Filter { name: String, age: Int, diet: Diet = ALL, and: [Filter!], not: Filter, box: Box, at: Time }
input Choice @oneOf { id: ID, name: String, box: Box, choice: Choice }

type Query {
  animal(id: ID!): Animal
  animals(where: Filter, first: Int = 20, ids: [ID!]): [Animal!]!
  lion: Lion
  parrot: Parrot!
  keeper(name: String): Keeper
  beings: [Being!]
  thing: Thing
  named: Named
  rock: Rock
  choose(by: Choice!, or: Choice, among: [Choice!]): Being
  fits(box: Box!, other: Box = { width: 1 }): Boolean
  at(time: Time, times: [Time!]): Time
  numbers(int: Int, float: Float, string: String, boolean: Boolean, id: ID, matrix: [[Int!]]): Int
  need(int: Int!, diet: Diet!, list: [Int!]! = [1]): Int!
}

type Mutation {
  feed(id: ID!, diet: Diet): Animal
  rename(id: ID!, name: String!): Animal!
}

type Subscription {
  fed(id: ID): Animal
  renamed: Animal!
}
)";

}  // namespace millrace::graphql
