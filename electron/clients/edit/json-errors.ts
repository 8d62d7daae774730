import { type ParseError, printParseErrorCode, stripComments } from 'jsonc-parser'

/** By the library’s names for its codes. */
const words: Record<string, string> = {
  InvalidSymbol: 'a word that JSON does not know',
  InvalidNumberFormat: 'a number that JSON does not know',
  PropertyNameExpected: 'a name in quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is more behind the last }',
  InvalidCommentToken: 'a comment, which it does not read',
  UnexpectedEndOfComment: 'a comment that does not end',
  UnexpectedEndOfString: 'a text without its closing quote',
  InvalidUnicode: 'an unfinished \\u',
  InvalidEscapeCharacter: 'a backslash that must be doubled',
  InvalidCharacter: 'a control character in a text',
}

/** What is wrong there, in words for a person who edits the file by hand. */
export function describeError(text: string, { error, offset }: ParseError): string | undefined {
  const code = printParseErrorCode(error)
  const missing = code === 'PropertyNameExpected' || code === 'ValueExpected'
  return missing && closesAfterComma(text, offset)
    ? 'a comma behind the last value, which it does not read'
    : words[code]
}

/** Whether a closing bracket stands there, with a comma in front of it. */
const closesAfterComma = (text: string, offset: number) =>
  /[}\]]/.test(text.charAt(offset)) && stripComments(text.slice(0, offset), ' ').trimEnd().endsWith(',')
