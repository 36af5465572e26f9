/**
 * The shapes of `.flow` text, rule for rule those of compiler/src/text/flow.pest and by the same names. No kind of node or
 * entity is named here.
 *
 * Every text has a tree without ERROR nodes: what fits no shape is `junk`, `stray` or `extra`, and a block whose `}` is
 * missing ends in `missing_close`, at the places of the compiler's findings. src/scanner.c reads the tokens, because words
 * need lookahead (`->` and `//` end them) and a statement is told by what follows its name; where a statement or a
 * list begins, it says which one that is with an empty `_…_ahead` token.
 */

/// <reference types="tree-sitter-cli/dsl" />

const braces = ($, ...inside) =>
  seq("{", repeat(choice($._eol, $.comment, ...inside)), choice("}", $.missing_close));

module.exports = grammar({
  name: "flow",

  extras: _ => [/[ \t\uFEFF]+/],

  // The order is that of `enum Token` in src/scanner.c.
  externals: $ => [
    $._eol,
    $.comment,
    $.ident,
    $.word,
    $.string,
    $.json,
    $.junk,
    $.stray,
    $.number,
    $.entry,
    "{",
    "}",
    "]",
    "->",
    $.missing_close,
    $._node_ahead,
    $._field_ahead,
    $._edge_ahead,
    $._spot_ahead,
    $._sentence_ahead,
    $._stray_ahead,
    $._list_ahead,
    $._error_recovery,
  ],

  rules: {
    file: $ => repeat(choice($._eol, $.comment, $.item, $._stray, $.extra)),

    // flow main "Main inbound" { … }      extension 101 "Ann" { … }
    item: $ =>
      seq(
        field("keyword", $.ident),
        repeat($.junk),
        optional(seq(field("key", $._atom), repeat(choice($._atom, $.junk)))),
        optional($.block),
      ),
    block: $ => braces($, $.node, $.field, $.edge, $.spot, $.sentence, $._stray),

    // entry office "Main number": inbound_number "+61299998888" -> hours { … }
    node: $ =>
      seq(
        $._node_ahead,
        optional($.entry),
        field("name", $.name),
        optional(field("label", $.label)),
        ":",
        repeat($.junk),
        optional(seq(field("kind", $._atom), repeat(choice(field("entity", $._atom), $.junk)))),
        optional($.wire),
        optional($.inner),
      ),
    name: $ => choice($.ident, $.string),
    label: $ => $.string,
    wire: $ => seq("->", optional($.target)),
    inner: $ => braces($, $.field, $.edge, $.sentence, $._stray),

    // business "Business hours" -> menu
    edge: $ => seq($._edge_ahead, $.handle, optional($.label), "->", optional($.target)),
    handle: $ => choice($.word, $.string),
    target: $ => choice($.ident, $.string),

    // ring = 25s
    field: $ => seq($._field_ahead, $.name, "=", optional($.value)),
    value: $ => choice($.list, $.json, $._atom),
    list: $ =>
      seq(
        $._list_ahead,
        "[",
        repeat($._gap),
        repeat(seq($._atom, repeat($._gap), optional(seq(",", repeat($._gap))))),
        "]",
      ),
    _gap: $ => choice($._eol, $.comment),

    // office 0,-80.5
    spot: $ => seq($._spot_ahead, $.name, $.number, ",", $.number),

    // rule business "Business hours" { … }      expect voicemail after-hours
    sentence: $ =>
      seq($._sentence_ahead, $.lead, repeat(choice($._atom, $.json, $.junk)), optional($.inner)),
    lead: $ => $.word,

    _atom: $ => choice($.string, $.word),
    _stray: $ => seq($._stray_ahead, $.stray),
    extra: _ => "}",
  },
});
