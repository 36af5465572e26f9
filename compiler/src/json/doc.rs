//! JSON as it stands in a file: members in order, members given twice noticed.

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::graph::FileId;
use crate::limits;

/// Reads a file's bytes. `None` if there is nothing to read; the findings say why.
pub(super) fn read(file: FileId, bytes: &[u8], sink: &mut Sink) -> Option<Value> {
    if bytes.len() > limits::JSON_FILE_BYTES_MAX {
        let message =
            format!("{} bytes of JSON; {} are read at most", bytes.len(), limits::JSON_FILE_BYTES_MAX);
        sink.push(Diagnostic::new(Code::TooLarge, Place::Json { file, at: 0 }, message));
        return None;
    }
    let mut twice = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = reader.deserialize_any(Doc { depth: 0, path: "", twice: &mut twice });
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => {
            for path in twice {
                let message = format!("`{path}` occurs twice in one object; the first counts");
                sink.push(Diagnostic::new(Code::JsonDuplicateMember, Place::Json { file, at: 0 }, message));
            }
            Some(value)
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

/// One value at a depth; `serde_json` itself stops at a depth of 128.
struct Doc<'a> {
    depth: usize,
    path: &'a str,
    twice: &'a mut Vec<String>,
}

impl<'de> serde::de::DeserializeSeed<'de> for Doc<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Doc<'_> {
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
        while let Some(value) = seq.next_element_seed(Doc { depth, path: self.path, twice: self.twice })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let depth = deeper::<A::Error>(self.depth)?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Doc { depth, path: &name, twice: self.twice })?;
            if members.contains_key(&name) {
                if self.twice.len() < limits::DIAGNOSTICS_MAX {
                    let within = if self.path.is_empty() { String::new() } else { format!("{}.", self.path) };
                    self.twice.push(format!("{within}{}", crate::text::shorten(&name)));
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
