//! The TextMate grammar for VS Code is written here. Its tokens are the rules of compiler/src/text/flow.pest, turned into
//! regular expressions; what stands around them follows the shapes there. `UPDATE=1` writes it; otherwise it must be fresh.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pest_meta::ast::{Expr, Rule};
use serde_json::{Value, json};

const GRAMMAR: &str = "lsp/editors/vscode/syntaxes/flow.tmLanguage.json";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The rules of the compiler's grammar.
struct Tokens(HashMap<String, Expr>);

impl Tokens {
    fn read() -> Self {
        let grammar = std::fs::read_to_string(root().join("compiler/src/text/flow.pest")).unwrap();
        let pairs = pest_meta::parser::parse(pest_meta::parser::Rule::grammar_rules, &grammar).unwrap();
        let rules = pest_meta::parser::consume_rules(pairs).unwrap();
        Tokens(rules.into_iter().map(|Rule { name, expr, .. }| (name, expr)).collect())
    }

    /// A rule without space inside as a regular expression.
    fn regex(&self, rule: &str) -> String {
        match rule {
            "ANY" => "[\\s\\S]".to_owned(),
            "ASCII_DIGIT" => "[0-9]".to_owned(),
            "ASCII_ALPHANUMERIC" => "[A-Za-z0-9]".to_owned(),
            _ => self.expr(self.0.get(rule).unwrap_or_else(|| panic!("flow.pest has a rule `{rule}`"))),
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Str(text) => text.chars().map(literal).collect(),
            Expr::Ident(rule) => self.regex(rule),
            Expr::Seq(a, b) => format!("{}{}", self.expr(a), self.expr(b)),
            Expr::Choice(a, b) => format!("(?:{}|{})", self.expr(a), self.expr(b)),
            Expr::Opt(inner) => format!("(?:{})?", self.expr(inner)),
            Expr::Rep(inner) => format!("(?:{})*+", self.expr(inner)),
            Expr::RepOnce(inner) => format!("(?:{})++", self.expr(inner)),
            Expr::PosPred(inner) => format!("(?={})", self.expr(inner)),
            Expr::NegPred(inner) => format!("(?!{})", self.expr(inner)),
            other => panic!("flow.pest has a token that needs `{other:?}`: teach it to the TextMate grammar"),
        }
    }
}

fn literal(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_ascii_alphanumeric() || c == ' ' || !c.is_ascii() => c.to_string(),
        c => format!("\\{c}"),
    }
}

fn scope(name: &str) -> Value {
    json!({ "name": format!("{name}.flow") })
}

fn include(name: &str) -> Value {
    json!({ "include": format!("#{name}") })
}

fn grammar() -> Value {
    let tokens = Tokens::read();
    let [ident, word, string, number] = ["ident", "word", "string", "number"].map(|t| tokens.regex(t));
    let space = "[ \\t\\x{FEFF}]*+";
    let name = format!("(?:({ident})|({string}))");
    let label = format!("(?:{space}({string}))?");
    let target = format!("(?:{space}(?:({ident})|({string})))?+");
    let word_ends = format!("(?!{})", tokens.regex("word_char"));
    let item_line = "(?=^(?:flow|layout|test) )";
    let body = |patterns: &[&str]| {
        json!({
            "begin": "\\{", "beginCaptures": { "0": scope("punctuation.section.block.begin") },
            "end": format!("(\\}})|{item_line}"), "endCaptures": { "1": scope("punctuation.section.block.end") },
            "patterns": patterns.iter().map(|p| include(p)).collect::<Vec<_>>(),
        })
    };
    let ends = format!("(?<=\\}})|(?=$|\\}}|//)|{item_line}");
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "information_for_contributors": ["Written by `make update` from compiler/src/text/flow.pest; changes belong there or in the test that writes it."],
        "name": "Flow",
        "scopeName": "source.flow",
        "fileTypes": ["flow"],
        "patterns": [include("comment"), include("item"), include("misfit")],
        "repository": {
            "comment": { "match": tokens.regex("comment"), "name": "comment.line.double-slash.flow" },
            "item": {
                "begin": format!("({ident})(?:{space}(?:({word})|({string})))?+{label}"),
                "beginCaptures": {
                    "1": scope("keyword.declaration"), "2": scope("entity.name.type"),
                    "3": scope("string.quoted.double"), "4": scope("string.quoted.double"),
                },
                "end": format!("{ends}|(?=\\->)"),
                "patterns": [include("block"), include("values")],
            },
            "block": body(&["comment", "node", "field", "edge", "spot", "sentence", "misfit"]),
            "inner": body(&["comment", "field", "edge", "sentence", "misfit"]),
            "node": {
                "begin": format!("(?:(entry)(?=[ \\t]){space}(?={ident}|{string}))?{name}{label}{space}(:)(?:{space}({word}))?+"),
                "beginCaptures": {
                    "1": scope("keyword.control.entry"), "2": scope("entity.name.label"),
                    "3": scope("entity.name.label"), "4": scope("string.quoted.double"),
                    "5": scope("punctuation.separator.colon"), "6": scope("entity.name.function"),
                },
                // An edge behind the head ends the node, unless its block follows.
                "end": format!("{ends}|(\\->){target}(?!{space}\\{{)"),
                "endCaptures": {
                    "1": scope("keyword.operator.arrow"),
                    "2": scope("entity.name.label"), "3": scope("entity.name.label"),
                },
                "patterns": [include("inner"), include("wire"), include("values")],
            },
            "wire": {
                "match": format!("(\\->){target}"),
                "captures": {
                    "1": scope("keyword.operator.arrow"),
                    "2": scope("entity.name.label"), "3": scope("entity.name.label"),
                },
            },
            "field": { "patterns": [
                {
                    "begin": format!("{name}{space}(=){space}(\\[)"),
                    "beginCaptures": {
                        "1": scope("variable.other.property"), "2": scope("variable.other.property"),
                        "3": scope("keyword.operator.assignment"), "4": scope("punctuation.section.brackets.begin"),
                    },
                    "end": "(\\])|(?=[{}])", "endCaptures": { "1": scope("punctuation.section.brackets.end") },
                    "patterns": [
                        include("comment"), include("value"),
                        { "match": ",", "name": "punctuation.separator.comma.flow" },
                    ],
                },
                {
                    "begin": format!("{name}{space}(=){space}(?=`)"),
                    "beginCaptures": {
                        "1": scope("variable.other.property"), "2": scope("variable.other.property"),
                        "3": scope("keyword.operator.assignment"),
                    },
                    "end": "(?<=`)",
                    "patterns": [include("json")],
                },
                {
                    "match": format!("{name}{space}(=)(?!{space}>)(?:{space}({word}|{string}))?+"),
                    "captures": {
                        "1": scope("variable.other.property"), "2": scope("variable.other.property"),
                        "3": scope("keyword.operator.assignment"), "4": { "patterns": [include("value")] },
                    },
                },
            ] },
            "edge": {
                "match": format!("(?:({word})|({string})){label}{space}(\\->){target}"),
                "captures": {
                    "1": scope("variable.other.exit"), "2": scope("variable.other.exit"),
                    "3": scope("string.quoted.double"), "4": scope("keyword.operator.arrow"),
                    "5": scope("entity.name.label"), "6": scope("entity.name.label"),
                },
            },
            "spot": {
                "match": format!("{name}{space}({number}){space}(,){space}({number})"),
                "captures": {
                    "1": scope("entity.name.label"), "2": scope("entity.name.label"),
                    "3": scope("constant.numeric"), "4": scope("punctuation.separator.comma"),
                    "5": scope("constant.numeric"),
                },
            },
            "sentence": {
                "begin": format!("({word})"), "beginCaptures": { "1": scope("keyword.other") },
                "end": format!("{ends}|(?=\\->)"),
                "patterns": [include("inner"), include("json"), include("values")],
            },
            "json": {
                "begin": "`", "end": "`", "name": "string.quoted.other.json.flow", "contentName": "meta.embedded.json.flow",
                // Flat, so that JSON which is still being typed doesn't colour the rest of the file.
                "patterns": [
                    { "match": "\"(?:\\\\[^`]|[^\"\\\\`])*+\"", "name": "string.quoted.double.json.flow" },
                    { "match": "\\b(?:true|false|null)\\b", "name": "constant.language.json.flow" },
                    { "match": "-?[0-9][0-9.eE+\\-]*+", "name": "constant.numeric.json.flow" },
                ],
            },
            "value": { "patterns": [
                { "match": string, "name": "string.quoted.double.flow" },
                { "match": format!("(?:true|false){word_ends}"), "name": "constant.language.boolean.flow" },
                { "match": format!("[+\\-]?[0-9][0-9.:\\-]*+(?:ms|s|m|h)?{word_ends}"), "name": "constant.numeric.flow" },
                { "match": word, "name": "constant.other.flow" },
            ] },
            "values": { "patterns": [include("value"), include("misfit_word")] },
            "misfit_word": { "match": tokens.regex("junk"), "name": "invalid.illegal.flow" },
            "misfit": { "patterns": [
                include("wire"),
                { "match": "[^\\s{}/]+|\\}|/(?!/)", "name": "invalid.illegal.flow" },
            ] },
        },
    })
}

#[test]
fn the_textmate_grammar_is_fresh() {
    let text = format!("{}\n", serde_json::to_string_pretty(&grammar()).unwrap());
    let file = root().join(GRAMMAR);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "{GRAMMAR} is stale: run `make update` and commit it");
}
