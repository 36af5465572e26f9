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
        let message = format!("more than {} bytes of JSON; it isn't read", limits::JSON_FILE_BYTES_MAX);
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
            let (code, message) = match names.exceeds {
                Some(limit) => (Code::TooLarge, format!("{limit}; the file isn't read")),
                None => (Code::JsonSyntax, format!("this isn't JSON: {error}")),
            };
            sink.push(Diagnostic::new(code, Place::Json { file, at }, message));
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
    /// Values met so far.
    values: usize,
    /// The limit at which reading stopped.
    exceeds: Option<String>,
}

impl Names {
    /// Stops the reading: there is more than a limit allows.
    fn stop<E: Error>(&mut self, limit: String) -> E {
        self.exceeds = Some(limit);
        E::custom("too large")
    }

    /// One value more.
    fn value<E: Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.values > limits::JSON_VALUES_MAX {
            return Err(self.stop(format!("more than {} values", limits::JSON_VALUES_MAX)));
        }
        Ok(())
    }

    /// A list or an object in `depth` others.
    fn deeper<E: Error>(&mut self, depth: usize) -> Result<usize, E> {
        if depth < limits::JSON_DEPTH_MAX {
            Ok(depth + 1)
        } else {
            Err(self
                .stop(format!("lists and objects in each other, more than {} deep", limits::JSON_DEPTH_MAX)))
        }
    }
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
        self.names.value()?;
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
        let depth = self.names.deeper(self.depth)?;
        let max = if self.path == "edges" { limits::EDGES_MAX } else { limits::NODES_MAX };
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Reader { depth, path: self.path, names: self.names })? {
            if values.len() == max {
                let of = if self.path.is_empty() {
                    String::new()
                } else {
                    format!(" of `{}`", crate::text::shorten(self.path))
                };
                return Err(self.names.stop(format!("more than {max} elements{of}")));
            }
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let depth = self.names.deeper(self.depth)?;
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
            } else if members.len() == limits::JSON_MEMBERS_MAX {
                let limit = format!("an object with more than {} members", limits::JSON_MEMBERS_MAX);
                return Err(self.names.stop(limit));
            } else {
                members.insert(name, value);
            }
        }
        Ok(Value::Object(members))
    }
}
