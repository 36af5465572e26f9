//! What a webhook may answer, as a program says it: `known(customer:text,level:number) unknown`.
//!
//! The machine carries the text and never reads it. Whoever makes the request reads it: to know an answer by
//! its name, and to refuse a reply whose fields are missing or of another type.

use crate::limits::{WEBHOOK_ANSWERS_MAX, WEBHOOK_FIELDS_MAX, WEBHOOK_NAME_BYTES_MAX};
use crate::value::Type;

/// The types that a field can have. The place here is the number in a program's bytes.
pub const SENT: [Type; 4] = [Type::Bool, Type::Number, Type::Text, Type::Phone];

/// The answers that a webhook declares, well-formed: no name twice. Without any the text is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answers<'p>(&'p str);

/// One declared answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared<'p> {
    /// What the reply says to mean it.
    pub name: &'p str,
    fields: &'p str,
}

impl<'p> Answers<'p> {
    /// The answers of a text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &'p str) -> Result<Answers<'p>, String> {
        let answers = Answers(text);
        let mut names = Vec::new();
        for word in text.split(' ').filter(|_| !text.is_empty()) {
            let one = declared(word).ok_or_else(|| format!("`{word}` declares no answer of a webhook"))?;
            let mut fields: Vec<_> = one.fields().map(|(name, _)| name).collect();
            names.push(one.name);
            fields.sort_unstable();
            if fields.windows(2).any(|pair| pair.first() == pair.last()) {
                return Err(format!("the answer `{}` has a field twice", one.name));
            }
            if fields.len() > WEBHOOK_FIELDS_MAX {
                return Err(format!("an answer has at most {WEBHOOK_FIELDS_MAX} fields"));
            }
        }
        if names.len() > WEBHOOK_ANSWERS_MAX {
            return Err(format!("a webhook has at most {WEBHOOK_ANSWERS_MAX} answers"));
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err("a webhook has an answer twice".to_owned());
        }
        Ok(answers)
    }

    /// The answers by number, from 0.
    pub fn iter(self) -> impl Iterator<Item = Declared<'p>> {
        self.0.split(' ').filter_map(declared)
    }

    /// As the program has it.
    #[must_use]
    pub const fn as_str(self) -> &'p str {
        self.0
    }
}

impl<'p> Declared<'p> {
    /// Its fields with their types.
    pub fn fields(self) -> impl Iterator<Item = (&'p str, Type)> {
        self.fields.split(',').filter_map(field)
    }
}

fn declared(word: &str) -> Option<Declared<'_>> {
    let (name, fields) = match word.split_once('(') {
        Some((name, fields)) => {
            let fields = fields.strip_suffix(')')?;
            if !fields.split(',').all(|one| field(one).is_some()) {
                return None;
            }
            (name, fields)
        }
        None => (word, ""),
    };
    is_name(name).then_some(Declared { name, fields })
}

fn field(text: &str) -> Option<(&str, Type)> {
    let (name, ty) = text.split_once(':')?;
    let ty = SENT.into_iter().find(|one| one.name() == ty)?;
    is_name(name).then_some((name, ty))
}

/// Whether an answer or a field can have this name: letters, digits, `_` and `-`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (1..=WEBHOOK_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let answers = Answers::new("known(customer:text,level:number) vip(owner:phone) no").unwrap();
        let read: Vec<_> = answers.iter().map(|a| (a.name, a.fields().collect::<Vec<_>>())).collect();
        assert_eq!(
            read,
            [
                ("known", vec![("customer", Type::Text), ("level", Type::Number)]),
                ("vip", vec![("owner", Type::Phone)]),
                ("no", vec![]),
            ]
        );
    }

    #[test]
    fn no_answers_are_fine() {
        assert_eq!(Answers::new("").unwrap().iter().count(), 0);
    }

    #[test]
    fn what_is_no_list_of_answers() {
        let nine = (0..9).map(|n| format!("a{n}")).collect::<Vec<_>>().join(" ");
        let fields = (0..9).map(|n| format!("f{n}:text")).collect::<Vec<_>>().join(",");
        let long = "a".repeat(WEBHOOK_NAME_BYTES_MAX + 1);
        for text in [
            " ",
            "a ",
            "a  b",
            "a a",
            "a(",
            "a()",
            "a(b)",
            "a(b:date)",
            "a(b:text",
            "a(b:text,b:bool)",
            "ä",
            "a\"b",
            &nine,
            &format!("a({fields})"),
            &long,
        ] {
            assert!(Answers::new(text).is_err(), "{text}");
        }
    }
}
