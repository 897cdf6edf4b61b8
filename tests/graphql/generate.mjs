// Makes documents, variables and data for a schema, and schemas, by chance. Everything follows from the seed.

// A stream of chances; small and good enough (mulberry32).
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    chance: (p) => next() < p,
    below,
    between: (a, b) => a + below(b - a + 1),
    pick: (list) => list[below(list.length)],
    shuffled: (list) => {
      const copy = [...list];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
  };
}

const strings = ['', 'a', 'two words', 'quote " and \\ back', 'line\nbreak', 'ünïcödé', '😀', '\u0007'];
const ints = [0, 1, -1, 7, 42, 2147483647, -2147483648];
const floats = [0, 1, -1.5, 0.1, 1e21, 1e-7, 123456.789, 3];

// ---- data for the fixture resolver

export function make_data(g, schema, random, echo = 0.6) {
  const budget = { left: 400 };
  const leaf = (type) => {
    if (random.chance(0.03)) return random.pick([{ x: 1 }, 3000000000, 1.5, true, [1]]);
    if (g.isEnumType(type)) return random.chance(0.04) ? 'NOT_THERE' : random.pick(type.getValues()).name;
    switch (type.name) {
      case 'Int': return random.pick(ints);
      case 'Float': return random.pick(floats);
      case 'Boolean': return random.chance(0.5);
      case 'ID': return random.pick(['x', '7', 7]);
      case 'String': return random.pick(strings);
      default: return random.pick([1, 'any', true, { deep: [1, { a: null }] }, [1, 'two']]);
    }
  };
  const object = (type, depth) => {
    const made = {};
    for (const field of Object.values(type.getFields())) {
      if (random.chance(0.04)) continue;
      made[field.name] = value(field.type, depth - 1, field.args.length > 0);
    }
    return made;
  };
  const value = (type, depth, has_arguments = false) => {
    budget.left--;
    if (g.isNonNullType(type)) return random.chance(0.04) ? null : value(type.ofType, depth, has_arguments);
    if (has_arguments && g.getNamedType(type).name === 'String' && random.chance(echo)) return { $echo: 1 };
    const dice_error = random.chance(0.04);
    if (dice_error) return { $error: 'boom', ...(random.chance(0.5) ? { $code: 'NOT_FOUND' } : {}) };
    if (random.chance(0.08)) return null;
    if (g.isListType(type)) {
      if (random.chance(0.02)) return 'no list';
      const most = depth <= 0 || budget.left <= 0 ? 1 : 3;
      return Array.from({ length: random.below(most + 1) }, () => value(type.ofType, depth));
    }
    if (g.isLeafType(type)) return leaf(type);
    if (depth <= 0 || budget.left <= 0) return null;
    if (g.isObjectType(type)) return object(type, depth);
    const possible = schema.getPossibleTypes(type);
    if (!possible.length) return { $type: 'Nobody' };
    const chosen = random.pick(possible);
    const made = object(chosen, depth);
    if (random.chance(0.95)) made.$type = chosen.name;
    else if (random.chance(0.7)) made.$type = random.pick(['Nobody', 'Query', 'String', ...Object.keys(schema.getTypeMap())]);
    return made;
  };
  const data = {};
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (root) Object.assign(data, object(root, 5));
  }
  return data;
}

// ---- documents

const aliases = ['a', 'b', 'c', 'id'];

export function make_document(g, schema, random) {
  const variables = new Map(); // name → {type, default}
  const fragments = [];
  const composites = Object.values(schema.getTypeMap()).filter((type) => g.isCompositeType(type) && !type.name.startsWith('__'));
  let budget = random.between(3, 40);
  let serial = 0;
  const wrong = () => random.chance(0.015);

  const variable_of = (type) => {
    const fitting = [...variables].filter(([, v]) => v.type === String(type));
    if (fitting.length && random.chance(0.6)) return '$' + random.pick(fitting)[0];
    if (variables.size && random.chance(0.05)) return '$' + random.pick([...variables.keys()]);
    const name = 'v' + variables.size;
    let declared = String(type);
    if (declared.endsWith('!') && random.chance(0.07)) declared = declared.slice(0, -1);
    else if (!declared.endsWith('!') && random.chance(0.15)) declared += '!';
    const wants_default = random.chance(0.3);
    variables.set(name, { type: declared, declared, input: type, fallback: null });
    if (wants_default) variables.get(name).fallback = literal(type, 2, true);
    return '$' + name;
  };

  const literal = (type, depth, constant = false) => {
    if (!constant && random.chance(0.25)) return variable_of(type);
    if (wrong()) return random.pick(['1', '"s"', 'true', 'null', 'RED', '{x: 1}', '[1]', '1.5', '99999999999', '""']);
    if (g.isNonNullType(type)) return literal(type.ofType, depth, constant).replace(/^null$/, () => (random.chance(0.1) ? 'null' : value_text(type.ofType, depth, constant)));
    if (random.chance(0.06)) return 'null';
    return value_text(type, depth, constant);
  };

  const value_text = (type, depth, constant) => {
    if (g.isListType(type)) {
      if (random.chance(0.15)) return literal(type.ofType, depth, constant);
      return '[' + Array.from({ length: random.below(3) }, () => literal(type.ofType, depth - 1, constant)).join(', ') + ']';
    }
    if (g.isNonNullType(type)) return value_text(type.ofType, depth, constant);
    if (g.isEnumType(type)) return random.pick(type.getValues()).name;
    if (g.isInputObjectType(type)) return object_text(type, depth, constant);
    switch (type.name) {
      case 'Int': return String(random.pick(ints));
      case 'Float': return random.pick(['0', '1', '-1.5', '1e3', '0.1', '1E-7', '3']);
      case 'Boolean': return random.pick(['true', 'false']);
      case 'ID': return random.pick(['"x"', '7', '"7"', '-3']);
      case 'String': return random.pick(['""', '"a"', '"q\\"uote"', '"\\u00e9\\n"', '"""block\n  text"""', '"😀"']);
      default: return random.pick(['1', '"any"', 'true', '{a: [1, {b: null}]}', 'ENUM', '[1, "x"]', '1.5']);
    }
  };

  const object_text = (type, depth, constant) => {
    const fields = Object.values(type.getFields());
    let chosen;
    if (type.isOneOf) chosen = random.chance(0.9) ? [random.pick(fields)] : fields.filter(() => random.chance(0.5));
    else chosen = fields.filter((f) => (g.isRequiredInputField(f) ? !random.chance(0.03) : depth > 0 && random.chance(0.4)));
    const parts = random.shuffled(chosen).map((f) => `${f.name}: ${literal(f.type, depth - 1, constant)}`);
    if (random.chance(0.02)) parts.push('unknown: 1');
    if (random.chance(0.01) && parts.length) parts.push(parts[0]);
    return '{' + parts.join(', ') + '}';
  };

  const call = (args) => {
    const chosen = args.filter((a) => (g.isRequiredArgument(a) ? !random.chance(0.02) : random.chance(0.5)));
    const parts = random.shuffled(chosen).map((a) => `${a.name}: ${literal(a.type, 2)}`);
    if (random.chance(0.01)) parts.push('unknown: 1');
    return parts.length ? `(${parts.join(', ')})` : '';
  };

  const condition = () => (random.chance(0.6) ? random.pick(['true', 'false']) : variable_of(schema_boolean));
  const schema_boolean = new g.GraphQLNonNull(g.GraphQLBoolean);
  const directives = () => {
    let text = '';
    if (random.chance(0.1)) text += ` @${random.pick(['skip', 'include'])}(if: ${condition()})`;
    if (random.chance(0.02)) text += ` @${random.pick(['skip', 'include'])}(if: ${condition()})`;
    if (random.chance(0.01)) text += random.pick([' @unknown', ' @deprecated', ' @trace(label: "x")', ' @skip']);
    return text;
  };

  const field_text = (type, depth) => {
    const fields = g.isUnionType(type) ? [] : Object.values(type.getFields());
    const usable = fields.filter((f) => depth > 0 || g.isLeafType(g.getNamedType(f.type)));
    if (random.chance(0.08) || !usable.length) return `${random.chance(0.1) ? 'a: ' : ''}__typename${directives()}`;
    if (random.chance(0.01)) return 'nowhere';
    const field = random.pick(usable);
    // A field with arguments mostly gets a name of its own: the same field with others would not merge.
    const own = field.args.length > 0 && random.chance(0.75);
    const alias = own ? `x${serial++}: ` : random.chance(0.12) ? random.pick(aliases) + ': ' : '';
    const named = g.getNamedType(field.type);
    let below = g.isCompositeType(named) ? ' ' + selection(named, depth - 1) : '';
    if (random.chance(0.008)) below = below ? '' : ' { id }';
    return `${alias}${field.name}${call(field.args)}${directives()}${below}`;
  };

  const condition_type = (type) => {
    if (random.chance(0.05)) return random.pick(composites);
    const near = g.isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [];
    near.push(type, ...(type.getInterfaces?.() ?? []));
    return random.pick(near);
  };

  const selection = (type, depth) => {
    const count = random.between(1, 4);
    const parts = [];
    for (let i = 0; i < count; i++) {
      budget--;
      if (budget <= 0 && parts.length) break;
      const kind = random.below(100);
      if (kind < 12 && depth > 0) {
        const on = condition_type(type);
        parts.push(`...${random.chance(0.85) ? ` on ${on.name}` : ''}${directives()} ${selection(random.chance(0.95) ? on : type, depth - 1)}`);
      } else if (kind < 22 && depth > 0) {
        parts.push(`...${fragment_for(type, depth)}${directives()}`);
      } else {
        parts.push(field_text(type, depth));
      }
    }
    return '{ ' + parts.join(random.pick([' ', ', ', '\n'])) + ' }';
  };

  const fragment_for = (type, depth) => {
    const known = fragments.filter((f) => f.on === type.name || random.chance(0.1));
    if (known.length && random.chance(0.6)) return random.pick(known).name;
    const on = condition_type(type);
    const fragment = { name: 'F' + fragments.length, on: on.name, text: null };
    fragments.push(fragment);
    const name = fragment.name;
    fragment.text = selection(on, depth - 1);
    if (random.chance(0.02)) fragment.name = 'on_' + fragment.name;
    return name;
  };

  const variables_text = (names) => {
    const parts = names.map((name) => {
      const { declared, fallback } = variables.get(name);
      return `$${name}: ${declared}${fallback === null ? '' : ` = ${fallback}`}`;
    });
    return parts.length ? `(${parts.join(', ')})` : '';
  };

  const kinds = ['query'];
  if (schema.getMutationType()) kinds.push('mutation');
  const introspect = random.chance(0.03);
  const operations = random.chance(0.05) ? 2 : 1;
  const texts = [];
  for (let i = 0; i < operations; i++) {
    const kind = random.chance(0.75) ? 'query' : random.pick([...kinds, random.chance(0.1) ? 'mutation' : 'query']);
    const root = kind === 'query' ? schema.getQueryType() : (schema.getMutationType() ?? schema.getQueryType());
    const before = fragments.length;
    let body = selection(root, random.between(2, 5));
    if (introspect && kind === 'query') body = body.replace(/}$/, introspection(random, schema) + ' }');
    const name = operations > 1 || random.chance(0.3) ? ` Op${random.chance(0.95) ? i : 0}` : '';
    const used = operations > 1 ? used_variables(body, fragments) : [...variables.keys()];
    const shown = used.filter(() => !random.chance(0.01));
    if (random.chance(0.01)) {
      const extra = 'v' + variables.size;
      variables.set(extra, { type: 'Int', declared: random.pick(['Int', 'Nowhere', 'Query']), input: g.GraphQLInt, fallback: null });
      shown.push(extra);
    }
    const head = `${kind}${name}${variables_text(shown.filter((v) => variables.has(v)))}`;
    texts.push(head === 'query' && random.chance(0.5) ? body : `${head} ${body}`);
    void before;
  }
  const all = random.shuffled([...texts, ...fragments.map((f) => `fragment ${f.name} on ${f.on} ${f.text}`)]);
  const names = [...variables.entries()];
  const values = {};
  for (const [name, { declared, input }] of names) {
    if (random.chance(0.15)) continue;
    values[name] = random.chance(0.06)
      ? random.pick([null, 'wrong', 1.5, {}, [], true, { unknown: 1 }])
      : json_value(g, input, random, 3, declared.endsWith('!'));
  }
  let query = all.join('\n');
  if (random.chance(0.25)) query = mutate(query, random);
  const operationName = operations > 1 ? random.pick(['Op0', 'Op1', 'Op0', undefined, 'Nobody']) : random.chance(0.01) ? 'Nobody' : undefined;
  return { query, variables: values, operationName };
}

function used_variables(body, fragments) {
  const found = new Set();
  const seen = new Set();
  const scan = (text) => {
    for (const [, name] of text.matchAll(/\$(\w+)/g)) found.add(name);
    for (const [, name] of text.matchAll(/\.\.\.\s*(F\d+)/g)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const fragment = fragments.find((f) => f.name === name);
      if (fragment) scan(fragment.text);
    }
  };
  scan(body);
  return [...found];
}

function introspection(random, schema) {
  // Other introspection types have members that only drafts have, or arguments that version 16 lets be null.
  const shared = ['Int', 'String', '__InputValue', '__EnumValue', '__TypeKind'];
  // Descriptions of what is built in are every engine's own.
  const own = Object.values(schema.getTypeMap()).filter((type) => type.astNode).map((type) => type.name);
  const names = [...own, ...shared, 'Nowhere'];
  const type = 'kind name isOneOf specifiedByURL';
  return random.pick([
    `__schema { queryType { name } mutationType { name } directives { name isRepeatable locations args { name defaultValue } } }`,
    `__type(name: "${random.pick(names)}") { ${type} fields(includeDeprecated: ${random.chance(0.5)}) { name isDeprecated deprecationReason args { name type { kind ofType { name } } } } }`,
    `__type(name: "${random.pick(names)}") { ${type} inputFields { name defaultValue } enumValues { name deprecationReason } interfaces { name } ofType { name } }`,
    `__schema { description queryType { ${type} description } }`,
    `__type(name: "${random.pick(own)}") { ${type} description fields { description args { description } } enumValues { description } inputFields { description } }`,
  ]);
}

// A JSON value for a variable.
function json_value(g, type, random, depth, needed = false) {
  if (g.isNonNullType(type)) return json_value(g, type.ofType, random, depth, true);
  if (!needed && random.chance(0.08)) return null;
  if (random.chance(0.02)) return random.pick(['wrong', 1.5, {}, [], true, null, 99999999999]);
  if (g.isListType(type)) {
    if (random.chance(0.15)) return json_value(g, type.ofType, random, depth - 1);
    return Array.from({ length: random.below(3) }, () => json_value(g, type.ofType, random, depth - 1));
  }
  if (g.isEnumType(type)) return random.chance(0.03) ? 'NOT_THERE' : random.pick(type.getValues()).name;
  if (g.isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    let chosen = fields.filter((f) => (g.isRequiredInputField(f) ? !random.chance(0.03) : depth > 0 && random.chance(0.4)));
    if (type.isOneOf && random.chance(0.9)) chosen = [random.pick(fields)];
    const made = Object.fromEntries(chosen.map((f) => [f.name, json_value(g, f.type, random, depth - 1)]));
    if (random.chance(0.02)) made.unknown = 1;
    return made;
  }
  switch (type.name) {
    case 'Int': return random.pick([...ints, 1.0]);
    case 'Float': return random.pick(floats);
    case 'Boolean': return random.chance(0.5);
    case 'ID': return random.pick(['x', 7, '7']);
    case 'String': return random.pick(strings);
    default: return random.pick([1, 'any', { deep: [1] }, [null], true]);
  }
}

// One edit on the tokens: deletes, repeats, replaces or swaps.
const tokens_of = /"""[^]*?"""|"(?:\\.|[^"\\\n])*"|\.\.\.|[A-Za-z_]\w*|-?\d[\w.]*|[^\s,]/g;
export function mutate(text, random) {
  const tokens = text.match(tokens_of) ?? [];
  if (tokens.length < 2) return text;
  const at = random.below(tokens.length);
  switch (random.below(4)) {
    case 0: tokens.splice(at, 1); break;
    case 1: tokens.splice(at, 0, tokens[at]); break;
    case 2: tokens[at] = random.pick([...tokens, '{', '}', '(', ')', '!', '$x', ':', '@', '...', 'on', '1', '"', '.', 'fragment']); break;
    default: {
      const other = random.below(tokens.length);
      [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
    }
  }
  return tokens.join(' ');
}

// ---- schemas

export function make_schema(random) {
  const names = (prefix, n) => Array.from({ length: n }, (_, i) => prefix + i);
  const enums = names('Enum', random.between(1, 2));
  const inputs = names('Input', random.between(1, 3));
  const interfaces = names('Interface', random.between(1, 3));
  const objects = names('Object', random.between(2, 5));
  const unions = names('Union', random.between(0, 2));
  const one_of = new Set(inputs.filter(() => random.chance(0.25)));
  const wrap = (name) => random.pick([name, name, name + '!', `[${name}]`, `[${name}!]`, `[${name}]!`, `[${name}!]!`, `[[${name}]]`]);
  const scalars = ['Int', 'Float', 'String', 'Boolean', 'ID'];
  const described = () => (random.chance(0.2) ? random.pick(['"A word."\n', '"""\nSeveral\n  lines "quoted"\n"""\n', '"\\u00e9 \\"x\\""\n']) : '');
  const deprecated = () => (random.chance(0.12) ? random.pick([' @deprecated', ' @deprecated(reason: "old")']) : '');
  const leaf_default = (name) =>
    ({ Int: '7', Float: '1.5', String: '"s\\n"', Boolean: 'true', ID: '"id"' })[name] ?? (name.startsWith('Enum') ? 'V0' : null);
  const input_value = (name, self) => {
    const named = random.pick([...scalars, ...enums, ...(random.chance(0.5) ? inputs : [])]);
    let type = wrap(named);
    if (self !== undefined && named.startsWith('Input') && type.endsWith('!')) type = type.slice(0, -1);
    const preset = leaf_default(named);
    const lists = type.startsWith('[[') ? 2 : type.startsWith('[') ? 1 : 0;
    let text = `${name}: ${type}`;
    if (preset && random.chance(0.35)) text += ` = ${'['.repeat(lists)}${preset}${']'.repeat(lists)}`;
    if (!type.endsWith('!')) text += deprecated();
    return text;
  };
  const args = () => (random.chance(0.35) ? `(${Array.from({ length: random.between(1, 3) }, (_, i) => described().replace(/\n$/, ' ') + input_value('arg' + i)).join(', ')})` : '');
  const output = () => wrap(random.pick([...scalars, ...enums, ...objects, ...interfaces, ...unions]));
  const parts = [];
  const fields_of = {};
  const parents_of = {};
  interfaces.forEach((name, i) => {
    const parents = interfaces.slice(0, i).filter(() => random.chance(0.3));
    const all = new Set(parents.flatMap((p) => [p, ...parents_of[p]]));
    parents_of[name] = [...all];
    fields_of[name] = new Map([...all].flatMap((p) => [...fields_of[p]]));
    for (let j = 0; j < random.between(1, 2); j++) fields_of[name].set(`${name.toLowerCase()}_f${j}`, `${args()}: ${output()}${deprecated()}`);
  });
  objects.forEach((name) => {
    const all = new Set(interfaces.filter(() => random.chance(0.4)).flatMap((p) => [p, ...parents_of[p]]));
    parents_of[name] = [...all];
    fields_of[name] = new Map([...all].flatMap((p) => [...fields_of[p]]));
    for (let j = 0; j < random.between(1, 4); j++) fields_of[name].set(`f${j}`, `${args()}: ${output()}${deprecated()}`);
  });
  const body = (name) => '{\n' + [...fields_of[name]].map(([f, rest]) => `  ${described().replace(/\n(?=.)/g, '\n  ').replace(/\n$/, '\n  ')}${f}${rest}`).join('\n') + '\n}';
  const implementing = (name) => (parents_of[name].length ? ` implements ${parents_of[name].join(' & ')}` : '');
  for (const name of enums) parts.push(`${described()}enum ${name} {\n${Array.from({ length: random.between(1, 3) }, (_, i) => `  V${i}${deprecated()}`).join('\n')}\n}`);
  for (const name of inputs) {
    const fields = Array.from({ length: random.between(1, 4) }, (_, i) =>
      one_of.has(name) ? `  i${i}: ${random.pick([...scalars, ...enums])}` : `  ${input_value('i' + i, name)}`,
    );
    parts.push(`${described()}input ${name}${one_of.has(name) ? ' @oneOf' : ''} {\n${fields.join('\n')}\n}`);
  }
  for (const name of interfaces) parts.push(`${described()}interface ${name}${implementing(name)} ${body(name)}`);
  for (const name of objects) parts.push(`${described()}type ${name}${implementing(name)} ${body(name)}`);
  for (const name of unions) parts.push(`${described()}union ${name} = ${random.shuffled(objects).slice(0, random.between(1, 3)).join(' | ')}`);
  if (random.chance(0.3)) parts.push(`scalar Custom${random.chance(0.5) ? ' @specifiedBy(url: "https://example.com")' : ''}`);
  if (random.chance(0.3)) parts.push(`directive @note${args()}${random.chance(0.5) ? ' repeatable' : ''} on ${random.pick(['FIELD', 'OBJECT | FIELD_DEFINITION', 'QUERY | MUTATION'])}`);
  if (random.chance(0.3)) parts.push(`extend type ${random.pick(objects)} {\n  extended: Int\n}`);
  parts.push(`type Query {\n  ${objects.map((o, i) => `q${i}${args()}: ${wrap(o)}`).join('\n  ')}\n  any: ${random.pick(interfaces)}\n}`);
  if (random.chance(0.5)) parts.push(`type Mutation {\n  m0${args()}: ${random.pick(objects)}\n  m1: String!\n}`);
  const schema = random.shuffled(parts).join('\n\n');
  return random.chance(0.15) ? mutate(schema, random) : schema;
}
