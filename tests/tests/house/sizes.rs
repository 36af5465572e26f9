//! Files stay below 800 lines and functions below 70: what outgrew that before this test existed is listed with its
//! size and may only shrink.

use super::{files, text_of};

/// Longest file.
const FILE_LINES_MAX: usize = 800;
/// Longest function.
const FN_LINES_MAX: usize = 70;

/// Files that may be longer, up to their size today. Flat tables and tests don't count.
const LONG_FILES: &[(&str, usize)] = &[];

/// Functions that may be longer, up to their size today: (file, function, lines).
const LONG_FUNCTIONS: &[(&str, &str, usize)] = &[];

fn sources() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|path| path.ends_with(".rs")).filter_map(|path| {
        let text = text_of(&path)?;
        Some((path, text))
    })
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("tests/") || path.ends_with("/tests.rs")
}

#[test]
fn files_stay_readable() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        if is_test_file(&path) {
            continue;
        }
        let product = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = product.lines().count();
        let max = LONG_FILES.iter().find(|(p, _)| *p == path).map_or(FILE_LINES_MAX, |(_, max)| *max);
        if lines > max {
            long.push(format!("{path}: {lines} lines, at most {max}"));
        }
    }
    assert!(long.is_empty(), "split these files by what they do: {long:#?}");
}

#[test]
fn functions_stay_readable() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        if is_test_file(&path) {
            continue;
        }
        for (name, lines) in functions(&text) {
            let max = LONG_FUNCTIONS
                .iter()
                .find(|(p, f, _)| *p == path && *f == name)
                .map_or(FN_LINES_MAX, |(_, _, max)| *max);
            if lines > max {
                long.push(format!("{path}: fn {name} has {lines} lines, at most {max}"));
            }
        }
    }
    assert!(long.is_empty(), "split these functions: {long:#?}");
}

/// Every function of a formatted source with its number of lines: from its `fn` to the `}` at the same indent.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = fn_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let close = format!("{}}}", " ".repeat(indent));
        let is_end = |l: &&&str| **l == close || (l.starts_with(&close) && !l.contains('{'));
        if let Some(length) = lines.iter().skip(start).position(|l| is_end(&l)) {
            found.push((name, length + 1));
        }
    }
    found
}

fn fn_name(line: &str) -> Option<String> {
    let mut words = line.trim_start().split(' ').skip_while(|word| {
        matches!(*word, "pub" | "pub(crate)" | "pub(super)" | "const" | "async" | "unsafe" | "extern")
    });
    let is_fn = words.next() == Some("fn");
    let opens_a_body = !line.trim_end().ends_with(';') && !line.trim_end().ends_with('}');
    let name = words.next()?;
    (is_fn && opens_a_body).then(|| name.split(['(', '<']).next().unwrap_or(name).to_owned())
}

#[test]
fn function_lengths_are_counted() {
    let text = "impl A {\n    pub fn b(\n        c: u8,\n    ) -> u8 {\n        c\n    }\n}\n\nfn d() {\n}\n";
    assert_eq!(functions(text), [("b".to_owned(), 5), ("d".to_owned(), 2)]);
}
