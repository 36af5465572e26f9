//! JSON as it stands in a file: members in order, members given twice noticed, and where things stand.

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::places::Places;
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::graph::FileId;
use crate::limits;

/// A file's content and where it stands in the file.
pub(super) struct Doc<'a> {
    pub(super) root: Value,
    pub(super) places: Places<'a>,
}

/// Reads a file's bytes. `None` if there is nothing to read; the findings say why.
pub(super) fn read<'a>(file: FileId, bytes: &'a [u8], sink: &mut Sink) -> Option<Doc<'a>> {
    if bytes.len() > limits::JSON_FILE_BYTES_MAX {
        let message =
            format!("{} bytes of JSON; {} are read at most", bytes.len(), limits::JSON_FILE_BYTES_MAX);
        sink.push(Diagnostic::new(Code::TooLarge, Place::Json { file, at: 0 }, message));
        return None;
    }
    let mut names = Names::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = reader.deserialize_any(Reader { depth: 0, path: "", names: &mut names });
    match read.and_then(|root| reader.end().map(|()| root)) {
        Ok(root) => {
            let places = Places::new(file, bytes);
            let numbers: Vec<_> = names.twice.iter().map(|twice| twice.number).collect();
            for (twice, place) in names.twice.iter().zip(places.names(&numbers)) {
                let message = format!("`{}` occurs twice in one object; the first counts", twice.path);
                sink.push(Diagnostic::new(Code::JsonDuplicateMember, place, message));
            }
            Some(Doc { root, places })
        }
        Err(error) => {
            let at = offset(bytes, error.line(), error.column());
            let message = format!("this isn't JSON: {error}");
            sink.push(Diagnostic::new(Code::JsonSyntax, Place::Json { file, at }, message));
            None
        }
    }
}

/// Byte of a line and column as `serde_json` counts them (from 1, columns in bytes).
fn offset(bytes: &[u8], line: usize, column: usize) -> u32 {
    let mut starts =
        std::iter::once(0).chain(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1));
    let start = starts.nth(line.saturating_sub(1)).unwrap_or(0);
    u32::try_from((start + column.saturating_sub(1)).min(bytes.len())).unwrap_or(u32::MAX)
}

/// The members met so far, in the order of the file.
#[derive(Default)]
struct Names {
    count: usize,
    twice: Vec<Twice>,
}

/// A member that its object had already.
struct Twice {
    /// The how manieth of all members of the file, from 0.
    number: usize,
    path: String,
}

/// One value at a depth; `serde_json` itself stops at a depth of 128.
struct Reader<'a> {
    depth: usize,
    path: &'a str,
    names: &'a mut Names,
}

impl<'de> serde::de::DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Ok(Number::from_f64(v).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_string<E: Error>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let depth = deeper::<A::Error>(self.depth)?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Reader { depth, path: self.path, names: self.names })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let depth = deeper::<A::Error>(self.depth)?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let number = self.names.count;
            self.names.count += 1;
            let value = map.next_value_seed(Reader { depth, path: &name, names: self.names })?;
            if members.contains_key(&name) {
                if self.names.twice.len() < limits::DIAGNOSTICS_MAX {
                    let within = if self.path.is_empty() { String::new() } else { format!("{}.", self.path) };
                    let path = format!("{within}{}", crate::text::shorten(&name));
                    self.names.twice.push(Twice { number, path });
                }
            } else {
                members.insert(name, value);
            }
        }
        Ok(Value::Object(members))
    }
}

fn deeper<E: Error>(depth: usize) -> Result<usize, E> {
    if depth < limits::JSON_DEPTH_MAX {
        Ok(depth + 1)
    } else {
        Err(E::custom(format_args!("nested deeper than {} levels", limits::JSON_DEPTH_MAX)))
    }
}
