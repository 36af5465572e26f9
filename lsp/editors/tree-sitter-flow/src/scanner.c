// The tokens of `.flow` text, as compiler/src/text/flow.pest has them. All that it keeps from token to token is whether the
// last one was the end of a line; `}` and `]` are tokens of its own for that, though they need no lookahead.

#include "tree_sitter/alloc.h"
#include "tree_sitter/parser.h"

#include <stddef.h>

// The order is that of `externals` in grammar.js.
enum Token {
  EOL,
  COMMENT,
  IDENT,
  WORD,
  STRING,
  JSON,
  JUNK,
  STRAY,
  NUMBER,
  ENTRY,
  OPEN,
  CLOSE,
  LIST_CLOSE,
  ARROW,
  MISSING_CLOSE,
  NODE_AHEAD,
  FIELD_AHEAD,
  EDGE_AHEAD,
  SPOT_AHEAD,
  SENTENCE_AHEAD,
  STRAY_AHEAD,
  LIST_AHEAD,
  ERROR_RECOVERY,
};

static inline void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static inline bool at_end(TSLexer *lexer) { return lexer->lookahead == 0 && lexer->eof(lexer); }

static inline bool is_space(int32_t c) { return c == ' ' || c == '\t' || c == 0xFEFF; }

static inline bool is_eol(int32_t c) { return c == '\n' || c == '\r'; }

static inline bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }

static inline bool is_ident_char(int32_t c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// A character that is part of a word whatever follows it. `-` and `/` are part of it unless `->` or `//` begins there.
static inline bool is_plain_word_char(int32_t c) {
  return is_ident_char(c) || c == '+' || c == '*' || c == '#' || c == ':' || c == '.' || c == '%' || c == '@';
}

static void skip_spaces(TSLexer *lexer) {
  while (is_space(lexer->lookahead)) advance(lexer);
}

static void skip_line(TSLexer *lexer) {
  while (!at_end(lexer) && !is_eol(lexer->lookahead)) advance(lexer);
}

static void skip_eol(TSLexer *lexer) {
  bool is_return = lexer->lookahead == '\r';
  advance(lexer);
  if (is_return && lexer->lookahead == '\n') advance(lexer);
}

// Goes past a string that begins here. False if the line ends first; then it stands at the end of the line, unless
// `brace` is given and a `}` came by: `brace` is set then and the end of the token is marked behind the first one.
static bool skip_string(TSLexer *lexer, bool *brace) {
  advance(lexer);
  while (!at_end(lexer) && !is_eol(lexer->lookahead)) {
    int32_t c = lexer->lookahead;
    if (c == '\\') {
      advance(lexer);
      if (at_end(lexer) || is_eol(lexer->lookahead)) return false;
      c = lexer->lookahead == '}' ? '}' : 0;
    }
    advance(lexer);
    if (c == '"') return true;
    if (c == '}' && brace != NULL && !*brace) {
      *brace = true;
      lexer->mark_end(lexer);
    }
  }
  return false;
}

// What is known of a word after going past it.
typedef struct {
  // It isn't empty.
  bool any;
  // All of it is an identifier.
  bool is_ident;
  // All of it is the word `entry`.
  bool is_entry;
  // All of it is digits.
  bool is_digits;
  // It ends because `->` or `//` begins; the first character of that is behind us already.
  bool arrow;
  bool comment;
} Word;

// What of a word is behind us already: nothing, the first letters of one that isn't `entry`, or a `-` or `/`.
enum Behind { NOTHING, LETTERS, DASH_OR_SLASH };

// Goes past a word, or past an identifier only, or past the identifier if `:` follows it. Marks the end of the token if
// `mark` says so.
static Word skip_word(TSLexer *lexer, bool ident_only, bool stop_at_colon, bool mark, enum Behind behind) {
  static const char entry[] = "entry";
  bool whole = behind == NOTHING;
  Word word = {.any = !whole, .is_ident = behind != DASH_OR_SLASH, .is_entry = whole, .is_digits = whole};
  unsigned length = 0;
  bool dashes = false;
  for (;; length++) {
    int32_t c = lexer->lookahead;
    if (at_end(lexer)) break;
    if (is_ident_char(c)) {
      word.is_entry = word.is_entry && length < 5 && c == entry[length];
      word.is_digits = word.is_digits && is_digit(c);
      dashes = false;
      advance(lexer);
    } else if (c == '-' && (!ident_only || word.any)) {
      // An identifier may have dashes inside, so the end of the token isn't moved until one of its letters comes.
      advance(lexer);
      if (lexer->lookahead == '>') {
        word.arrow = true;
        break;
      }
      word.is_entry = word.is_digits = false;
      if (!word.any) word.is_ident = false;
      dashes = true;
    } else if (ident_only) {
      break;
    } else if (c == '/') {
      advance(lexer);
      if (lexer->lookahead == '/') {
        word.comment = true;
        break;
      }
      word.is_ident = word.is_entry = word.is_digits = false;
    } else if (is_plain_word_char(c)) {
      if (c == ':' && stop_at_colon && word.any && word.is_ident && !dashes) break;
      word.is_ident = word.is_entry = word.is_digits = false;
      advance(lexer);
    } else {
      break;
    }
    word.any = true;
    if (mark && !(ident_only && dashes)) lexer->mark_end(lexer);
  }
  if (dashes) word.is_ident = false;
  word.is_entry = word.is_entry && length == 5;
  word.is_ident = word.is_ident && word.any;
  word.is_digits = word.is_digits && word.any;
  return word;
}

static bool is_word_char_next(TSLexer *lexer) {
  int32_t c = lexer->lookahead;
  if (at_end(lexer)) return false;
  if (is_plain_word_char(c)) return true;
  if (c != '-' && c != '/') return false;
  advance(lexer);
  return lexer->lookahead != (c == '-' ? '>' : '/');
}

// Goes past a number of which `minus` or `digits` may be behind us already.
static bool skip_number(TSLexer *lexer, bool minus, bool digits, bool mark) {
  if (!minus && !digits && lexer->lookahead == '-') advance(lexer);
  if (!digits && !is_digit(lexer->lookahead)) return false;
  while (is_digit(lexer->lookahead)) advance(lexer);
  if (mark) lexer->mark_end(lexer);
  if (lexer->lookahead == '.') {
    advance(lexer);
    if (!is_digit(lexer->lookahead)) return false;
    while (is_digit(lexer->lookahead)) advance(lexer);
    if (mark) lexer->mark_end(lexer);
  }
  return !is_word_char_next(lexer);
}

// Whether `0,-80.5` stands here, of which `minus` or `digits` may be behind us already.
static bool is_spot(TSLexer *lexer, bool minus, bool digits) {
  if (!skip_number(lexer, minus, digits, false)) return false;
  skip_spaces(lexer);
  if (lexer->lookahead != ',') return false;
  advance(lexer);
  skip_spaces(lexer);
  return skip_number(lexer, false, false, false);
}

// Whether a whole list stands here. One that isn't whole is no value.
static bool is_list(TSLexer *lexer) {
  bool comma = false;
  advance(lexer);
  for (;;) {
    skip_spaces(lexer);
    int32_t c = lexer->lookahead;
    if (at_end(lexer)) return false;
    if (c == ']') return true;
    if (is_eol(c)) {
      skip_eol(lexer);
    } else if (c == '"') {
      if (!skip_string(lexer, NULL)) return false;
      comma = true;
    } else if (c == ',') {
      if (!comma) return false;
      comma = false;
      advance(lexer);
    } else {
      Word word = skip_word(lexer, false, false, false, NOTHING);
      if (word.any) comma = true;
      if (word.arrow || (!word.any && !word.comment)) return false;
      if (word.comment) skip_line(lexer);
    }
  }
}

// What follows a name and is a label, `:`, `=`, `->` or a position decides what the statement is.
typedef struct {
  bool node;
  bool field;
  bool edge;
  bool spot;
} Allowed;

static enum Token after_label(TSLexer *lexer, Allowed allowed, enum Token otherwise) {
  skip_spaces(lexer);
  if (allowed.node && lexer->lookahead == ':') return NODE_AHEAD;
  if (!allowed.edge || lexer->lookahead != '-') return otherwise;
  advance(lexer);
  return lexer->lookahead == '>' ? EDGE_AHEAD : otherwise;
}

static enum Token after_name(TSLexer *lexer, Allowed allowed, enum Token otherwise) {
  skip_spaces(lexer);
  int32_t c = lexer->lookahead;
  if (c == '"') {
    if (!skip_string(lexer, NULL)) return otherwise;
    return after_label(lexer, allowed, otherwise);
  }
  if (c == ':') return allowed.node ? NODE_AHEAD : otherwise;
  if (c == '=') {
    advance(lexer);
    skip_spaces(lexer);
    return allowed.field && lexer->lookahead != '>' ? FIELD_AHEAD : otherwise;
  }
  if (c == '-') {
    advance(lexer);
    if (lexer->lookahead == '>') return EDGE_AHEAD;
    return allowed.spot && is_spot(lexer, true, false) ? SPOT_AHEAD : otherwise;
  }
  if (is_digit(c) && allowed.spot) return is_spot(lexer, false, false) ? SPOT_AHEAD : otherwise;
  return otherwise;
}

// `entry name "Label": …`, of which `entry` is behind us. With a name, nothing but a node begins so, unless the name is the
// label of an edge or a number.
static enum Token after_entry(TSLexer *lexer, Allowed allowed) {
  skip_spaces(lexer);
  if (lexer->lookahead == '"') {
    if (!skip_string(lexer, NULL)) return SENTENCE_AHEAD;
    skip_spaces(lexer);
    if (lexer->lookahead != '"') return after_label(lexer, allowed, SENTENCE_AHEAD);
    allowed.edge = false;
    if (!skip_string(lexer, NULL)) return SENTENCE_AHEAD;
    return after_label(lexer, allowed, SENTENCE_AHEAD);
  }
  if (!is_ident_char(lexer->lookahead)) return after_name(lexer, allowed, SENTENCE_AHEAD);
  Word name = skip_word(lexer, true, false, false, NOTHING);
  if (!name.is_ident || name.arrow) return SENTENCE_AHEAD;
  bool is_fraction = lexer->lookahead == '.';
  if (name.is_digits && allowed.spot) {
    bool spaces = is_space(lexer->lookahead);
    skip_spaces(lexer);
    if (lexer->lookahead == ',' || (is_fraction && !spaces)) {
      return is_spot(lexer, false, true) ? SPOT_AHEAD : SENTENCE_AHEAD;
    }
  }
  Allowed only_node = {.node = allowed.node};
  skip_spaces(lexer);
  if (lexer->lookahead == '"' && !skip_string(lexer, NULL)) return SENTENCE_AHEAD;
  return after_label(lexer, only_node, SENTENCE_AHEAD);
}

// Which statement begins here.
static enum Token statement(TSLexer *lexer, Allowed allowed, enum Behind behind) {
  if (lexer->lookahead == '"' && behind == NOTHING) {
    if (!skip_string(lexer, NULL)) return STRAY_AHEAD;
    return after_name(lexer, allowed, STRAY_AHEAD);
  }
  Word word = skip_word(lexer, false, allowed.node, false, behind);
  if (!word.any) return STRAY_AHEAD;
  if (word.arrow) return EDGE_AHEAD;
  if (word.comment) return SENTENCE_AHEAD;
  if (word.is_entry && allowed.node && (lexer->lookahead == ' ' || lexer->lookahead == '\t')) {
    return after_entry(lexer, allowed);
  }
  if (!word.is_ident) allowed.node = allowed.field = allowed.spot = false;
  return after_name(lexer, allowed, SENTENCE_AHEAD);
}

static void skip_skipped(TSLexer *lexer) {
  advance(lexer);
  while (!at_end(lexer)) {
    int32_t c = lexer->lookahead;
    if (c == '"') {
      bool brace = false;
      if (!skip_string(lexer, &brace) && brace) return;
      continue;
    }
    advance(lexer);
    if (c == '}') break;
  }
  lexer->mark_end(lexer);
}

static void skip_stray(TSLexer *lexer) {
  for (;;) {
    int32_t c = lexer->lookahead;
    if (at_end(lexer) || is_eol(c) || c == '}') return;
    if (c == '{') {
      skip_skipped(lexer);
      return;
    }
    advance(lexer);
    if (c == '/' && lexer->lookahead == '/') return;
    lexer->mark_end(lexer);
  }
}

// A byte order mark inside is junk too; one at the beginning was skipped.
static inline bool is_junk(int32_t c) {
  return c != ' ' && c != '\t' && !is_eol(c) && c != '{' && c != '}' && c != '"' && c != '-' && c != '/' && !is_plain_word_char(c);
}

static void skip_junk(TSLexer *lexer) {
  while (!at_end(lexer) && is_junk(lexer->lookahead)) {
    advance(lexer);
    lexer->mark_end(lexer);
  }
}

// A line that begins with one of these ends every open block.
static const char *item_keyword(int32_t first) {
  switch (first) {
    case 'f': return "flow ";
    case 'l': return "layout ";
    case 't': return "test ";
    default: return NULL;
  }
}

static bool is_item_line(TSLexer *lexer) {
  for (const char *keyword = item_keyword(lexer->lookahead); *keyword != 0; keyword++) {
    if (lexer->lookahead != *keyword) return false;
    advance(lexer);
  }
  return true;
}

static bool token(TSLexer *lexer, enum Token token) {
  lexer->result_symbol = token;
  return true;
}

static bool marked(TSLexer *lexer, enum Token which) {
  lexer->mark_end(lexer);
  return token(lexer, which);
}

static bool ahead(TSLexer *lexer, const bool *valid, enum Behind behind) {
  if (!valid[STRAY_AHEAD]) return false;
  if (!valid[SENTENCE_AHEAD]) return token(lexer, STRAY_AHEAD);
  Allowed allowed = {
    .node = valid[NODE_AHEAD],
    .field = valid[FIELD_AHEAD],
    .edge = valid[EDGE_AHEAD],
    .spot = valid[SPOT_AHEAD],
  };
  return token(lexer, statement(lexer, allowed, behind));
}

static bool scan_string(TSLexer *lexer, const bool *valid) {
  if (!valid[STRING]) return ahead(lexer, valid, NOTHING);
  if (skip_string(lexer, NULL)) return marked(lexer, STRING);
  if (valid[JUNK]) {
    skip_line(lexer);
    return marked(lexer, JUNK);
  }
  return valid[STRAY_AHEAD] && token(lexer, STRAY_AHEAD);
}

static bool scan_json(TSLexer *lexer, const bool *valid) {
  bool is_run = valid[JUNK];
  advance(lexer);
  if (is_run) lexer->mark_end(lexer);
  while (!at_end(lexer)) {
    int32_t c = lexer->lookahead;
    if (c == '`') {
      advance(lexer);
      return marked(lexer, JSON);
    }
    is_run = is_run && is_junk(c);
    advance(lexer);
    if (is_run) lexer->mark_end(lexer);
  }
  if (valid[JUNK]) return token(lexer, JUNK);
  return valid[STRAY_AHEAD] && token(lexer, STRAY_AHEAD);
}

// `entry`, or a name that is spelled so or otherwise.
static bool scan_ident(TSLexer *lexer, const bool *valid) {
  Word word = skip_word(lexer, true, false, true, NOTHING);
  if (!valid[ENTRY] || !word.is_entry) return token(lexer, IDENT);
  if (lexer->lookahead != ' ' && lexer->lookahead != '\t') return token(lexer, IDENT);
  skip_spaces(lexer);
  bool is_named = lexer->lookahead == '"' ? skip_string(lexer, NULL) : is_ident_char(lexer->lookahead);
  return token(lexer, is_named ? ENTRY : IDENT);
}

// What begins with `-` or `/`.
static bool scan_dash_or_slash(TSLexer *lexer, const bool *valid) {
  int32_t first = lexer->lookahead;
  advance(lexer);
  if (first == '-' && lexer->lookahead == '>') {
    if (!valid[ARROW]) return valid[STRAY_AHEAD] && token(lexer, STRAY_AHEAD);
    advance(lexer);
    return marked(lexer, ARROW);
  }
  if (first == '/' && lexer->lookahead == '/') {
    if (!valid[COMMENT]) return false;
    skip_line(lexer);
    return marked(lexer, COMMENT);
  }
  if (!valid[WORD]) return ahead(lexer, valid, DASH_OR_SLASH);
  lexer->mark_end(lexer);
  skip_word(lexer, false, false, true, DASH_OR_SLASH);
  return token(lexer, WORD);
}

static bool scan_other(TSLexer *lexer, const bool *valid) {
  int32_t c = lexer->lookahead;
  if (c == '{' && valid[OPEN]) {
    advance(lexer);
    return marked(lexer, OPEN);
  }
  if (c == '}') {
    if (!valid[CLOSE]) return false;
    advance(lexer);
    return marked(lexer, CLOSE);
  }
  if (c == ']' && valid[LIST_CLOSE]) {
    advance(lexer);
    return marked(lexer, LIST_CLOSE);
  }
  if (valid[JUNK] && is_junk(c)) {
    skip_junk(lexer);
    return token(lexer, JUNK);
  }
  if (c == '[' && valid[LIST_AHEAD]) return token(lexer, is_list(lexer) ? LIST_AHEAD : STRAY_AHEAD);
  return ahead(lexer, valid, NOTHING);
}

static bool scan(TSLexer *lexer, const bool *valid, bool line_begins) {
  if (valid[ERROR_RECOVERY]) return false;
  if (line_begins && valid[MISSING_CLOSE] && item_keyword(lexer->lookahead) != NULL) {
    lexer->mark_end(lexer);
    if (is_item_line(lexer)) return token(lexer, MISSING_CLOSE);
    // The letters that were looked at are behind us now; they begin a statement.
    return ahead(lexer, valid, LETTERS);
  }
  while (is_space(lexer->lookahead)) lexer->advance(lexer, true);
  lexer->mark_end(lexer);
  int32_t c = lexer->lookahead;
  if (at_end(lexer)) return valid[MISSING_CLOSE] && token(lexer, MISSING_CLOSE);
  if (valid[STRAY]) {
    skip_stray(lexer);
    return token(lexer, STRAY);
  }
  if (valid[NUMBER]) return skip_number(lexer, false, false, true) && token(lexer, NUMBER);
  if (is_eol(c)) {
    if (!valid[EOL]) return false;
    skip_eol(lexer);
    return marked(lexer, EOL);
  }
  if (c == '"') return scan_string(lexer, valid);
  if (c == '`' && valid[JSON]) return scan_json(lexer, valid);
  if (c == '-' || c == '/') return scan_dash_or_slash(lexer, valid);
  if (is_plain_word_char(c) && valid[WORD]) {
    skip_word(lexer, false, false, true, NOTHING);
    return token(lexer, WORD);
  }
  if (is_ident_char(c) && valid[IDENT]) return scan_ident(lexer, valid);
  return scan_other(lexer, valid);
}

bool tree_sitter_flow_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  bool *line_begins = payload;
  if (!scan(lexer, valid, *line_begins)) return false;
  // Two blocks may end at the beginning of one line.
  *line_begins = lexer->result_symbol == EOL || (*line_begins && lexer->result_symbol == MISSING_CLOSE);
  return true;
}

void *tree_sitter_flow_external_scanner_create(void) { return ts_calloc(1, sizeof(bool)); }

void tree_sitter_flow_external_scanner_destroy(void *payload) { ts_free(payload); }

unsigned tree_sitter_flow_external_scanner_serialize(void *payload, char *buffer) {
  buffer[0] = *(bool *)payload;
  return 1;
}

void tree_sitter_flow_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  *(bool *)payload = length > 0 && buffer[0];
}
