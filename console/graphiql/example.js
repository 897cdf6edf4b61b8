// A document to begin with, made from the schema: the first mutation and the first query that need no knowledge of the
// application's data.
import { getNamedType, isEnumType, isLeafType, isListType, isNonNullType, isRequiredArgument } from 'graphql';

const samples = { String: '"text"', ID: '"1"', Int: '1', Float: '1.5', Boolean: 'false' };

// The text of a value of this input type, or nothing when there is no obvious one.
function sample(type) {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) {
    const item = sample(type.ofType);
    return item && `[${item}]`;
  }
  if (isEnumType(type)) return type.getValues()[0].name;
  return samples[type.name];
}

function argumentsOf(field) {
  const wanted = field.args.filter(isRequiredArgument).map((argument) => [argument.name, sample(argument.type)]);
  if (wanted.some(([, value]) => value === undefined)) return undefined;
  return wanted.length ? `(${wanted.map(([name, value]) => `${name}: ${value}`).join(', ')})` : '';
}

// The leaves of a type, or those of its first object where it has none (the items of a page).
function selectionOf(type, depth, indent) {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  const fields = 'getFields' in named ? Object.values(named.getFields()).filter((field) => argumentsOf(field) === '') : [];
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map((field) => field.name);
  if (depth > 0) {
    const lists = fields.filter((field) => isListType(isNonNullType(field.type) ? field.type.ofType : field.type));
    for (const field of leaves.length ? [] : lists.length ? lists : fields) {
      leaves.push(field.name + selectionOf(field.type, depth - 1, `${indent}  `));
    }
  }
  return ` {\n${(leaves.length ? leaves : ['__typename']).map((leaf) => `${indent}  ${leaf}`).join('\n')}\n${indent}}`;
}

function operation(kind, root, name) {
  const field = Object.values(root?.getFields() ?? {}).find((each) => argumentsOf(each) !== undefined);
  if (!field) return [];
  return [`${kind} ${name} {\n  ${field.name}${argumentsOf(field)}${selectionOf(field.type, 2, '  ')}\n}`];
}

export function exampleOf(schema) {
  const parts = [
    ...operation('mutation', schema.getMutationType(), 'Change'),
    ...operation('query', schema.getQueryType(), 'Read'),
  ];
  return `# Press Ctrl-Enter in one of these to run it,\n# or choose it by the button on the right.\n\n${parts.join('\n\n')}\n`;
}
