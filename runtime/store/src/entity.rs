//! One declaration per entity: table, columns, bounds. Reading, writing, checking and the column test come from it.

use std::fmt;
use std::marker::PhantomData;

use flow_compiler::entity::{EntityFacts, EntityKind};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::limits::{ENTITIES_PER_KIND_MAX, KEY_CHARS_MAX, LABEL_CHARS_MAX, PAGE_ROWS_MAX};

/// Row id of an entity of kind `E`.
pub struct Id<E>(i64, PhantomData<fn() -> E>);

impl<E> Id<E> {
    /// The id of a row.
    #[must_use]
    pub const fn new(raw: i64) -> Id<E> {
        Id(raw, PhantomData)
    }

    /// The number in the row.
    #[must_use]
    pub const fn raw(self) -> i64 {
        self.0
    }
}

impl<E> Clone for Id<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Id<E> {}
impl<E> PartialEq for Id<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<E> Eq for Id<E> {}
impl<E> fmt::Debug for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
impl<E> fmt::Display for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl<E> Serialize for Id<E> {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_i64(self.0)
    }
}
impl<E> ToSql for Id<E> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}
impl<E> FromSql for Id<E> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Id::new)
    }
}

/// A column of JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(ToSqlOutput::from)
            .map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
    }
}

impl<T: for<'de> Deserialize<'de>> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Json).map_err(|e| FromSqlError::Other(e.into()))
    }
}

/// What a bound of a column measures: the number itself, the characters of a text, the items of a list.
pub trait Measured {
    /// Unit in messages; empty for a plain number.
    const UNIT: &'static str;
    /// The measure; `None` where there's nothing to measure.
    fn measure(&self) -> Option<u64>;
}

macro_rules! measured_numbers {
    ($($number:ty),*) => {$(
        impl Measured for $number {
            const UNIT: &'static str = "";
            fn measure(&self) -> Option<u64> {
                Some(u64::from(*self))
            }
        }
    )*};
}
measured_numbers!(u8, u16, u32);

impl Measured for bool {
    const UNIT: &'static str = "";
    fn measure(&self) -> Option<u64> {
        None
    }
}
impl Measured for String {
    const UNIT: &'static str = " characters";
    fn measure(&self) -> Option<u64> {
        Some(self.chars().count() as u64)
    }
}
impl<T: Measured> Measured for Option<T> {
    const UNIT: &'static str = T::UNIT;
    fn measure(&self) -> Option<u64> {
        self.as_ref().and_then(Measured::measure)
    }
}
impl<T> Measured for Json<Vec<T>> {
    const UNIT: &'static str = " items";
    fn measure(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }
}

/// One column of an entity beside `id`, `key`, `label` and the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Name in the table, the API and messages.
    pub name: &'static str,
    /// Least measure.
    pub min: u64,
    /// Greatest measure.
    pub max: u64,
}

/// An entity of the office: one row with an immutable key.
pub trait Entity: Sized + PartialEq {
    /// Table.
    const TABLE: &'static str;
    /// Its kind in the compiler's list.
    const KIND: EntityKind;
    /// Columns beside `id`, `key`, `label`, the secrets and the times.
    const COLUMNS: &'static [ColumnSpec];
    /// Columns that hold sealed secrets: never read into the struct, so never shown.
    const SECRETS: &'static [&'static str];

    /// Row id; 0 before the row exists.
    fn id(&self) -> Id<Self>;
    /// Immutable key.
    fn key(&self) -> &str;
    /// Label.
    fn label(&self) -> &str;
    /// The values of [`Entity::COLUMNS`], in their order.
    fn values(&self) -> Vec<&dyn ToSql>;
    /// Reads a row of `id, key, label`, then the columns.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;
    /// Refuses values out of their bounds.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field and its bounds.
    fn check(&self) -> Result<()>;
    /// What the compiler knows of it.
    fn facts(&self) -> EntityFacts;
}

/// Declares an entity: its struct, its bounds and its secrets, in one place.
macro_rules! entity {
    (
        $(#[$doc:meta])*
        $name:ident as $kind:ident in $table:literal, secrets [$($secret:literal),*] {
            $($(#[$fdoc:meta])* $field:ident: $ty:ty = $min:literal ..= $max:expr,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub struct $name {
            /// Row id; 0 before the row exists.
            pub id: $crate::entity::Id<$name>,
            /// Immutable key, unique among its kind.
            pub key: String,
            /// What people see.
            pub label: String,
            $($(#[$fdoc])* pub $field: $ty,)*
        }

        impl $crate::entity::Entity for $name {
            const TABLE: &'static str = $table;
            const KIND: flow_compiler::entity::EntityKind = flow_compiler::entity::EntityKind::$kind;
            const COLUMNS: &'static [$crate::entity::ColumnSpec] = &[
                $($crate::entity::ColumnSpec { name: stringify!($field), min: $min, max: $max as u64 },)*
            ];
            const SECRETS: &'static [&'static str] = &[$($secret),*];

            fn id(&self) -> $crate::entity::Id<$name> {
                self.id
            }
            fn key(&self) -> &str {
                &self.key
            }
            fn label(&self) -> &str {
                &self.label
            }
            fn values(&self) -> Vec<&dyn rusqlite::types::ToSql> {
                vec![$(&self.$field,)*]
            }
            fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                Ok($name {
                    id: row.get("id")?,
                    key: row.get("key")?,
                    label: row.get("label")?,
                    $($field: row.get(stringify!($field))?,)*
                })
            }
            fn check(&self) -> $crate::error::Result<()> {
                let noun = <Self as $crate::entity::Entity>::KIND.noun();
                $crate::entity::check_names(noun, &self.key, &self.label)?;
                let mut columns = <Self as $crate::entity::Entity>::COLUMNS.iter();
                $($crate::entity::check_column(noun, &self.key, columns.next(), &self.$field)?;)*
                Ok(())
            }
            fn facts(&self) -> flow_compiler::entity::EntityFacts {
                flow_compiler::entity::EntityFacts::$kind(self.to_facts())
            }
        }
    };
}
pub(crate) use entity;

/// Refuses a key or label out of its bounds.
pub(crate) fn check_names(title: &str, key: &str, label: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '*' | '#' | '.');
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.chars().all(plain) {
        return Err(Error::Invalid(format!(
            "the key of {title} `{}` must have 1 to {KEY_CHARS_MAX} letters, digits, `-`, `_`, `.`, `+`, `*` or `#`",
            key.escape_debug()
        )));
    }
    if label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
        return Err(Error::Invalid(format!(
            "the label of {title} `{key}` must have at most {LABEL_CHARS_MAX} characters and no control characters"
        )));
    }
    Ok(())
}

/// Refuses a value out of its bounds.
pub(crate) fn check_column<T: Measured>(
    title: &str,
    key: &str,
    column: Option<&ColumnSpec>,
    value: &T,
) -> Result<()> {
    match (column, value.measure()) {
        (Some(c), Some(size)) if size < c.min || size > c.max => Err(Error::Invalid(format!(
            "{} of {title} `{key}` must be {} to {}{}, it is {size}",
            c.name,
            c.min,
            c.max,
            T::UNIT
        ))),
        _ => Ok(()),
    }
}

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Saved {
    /// There was none.
    Created,
    /// It was different.
    Changed,
    /// It was the same.
    Unchanged,
}

/// A row by its key.
pub(crate) fn by_key<E: Entity>(conn: &Connection, key: &str) -> Result<Option<E>> {
    let sql = format!("SELECT {} FROM {} WHERE key = ?1", columns::<E>(), E::TABLE);
    Ok(conn.prepare_cached(&sql)?.query_row([key], E::read).optional()?)
}

/// A row by its id.
pub(crate) fn by_id<E: Entity>(conn: &Connection, id: i64) -> Result<Option<E>> {
    let sql = format!("SELECT {} FROM {} WHERE id = ?1", columns::<E>(), E::TABLE);
    Ok(conn.prepare_cached(&sql)?.query_row([id], E::read).optional()?)
}

/// A row by what a person wrote: its key, else its row id.
pub(crate) fn find<E: Entity>(conn: &Connection, key_or_id: &str) -> Result<E> {
    if let Some(found) = by_key(conn, key_or_id)? {
        return Ok(found);
    }
    let by_number = key_or_id.parse().ok().map(|id| by_id(conn, id)).transpose()?.flatten();
    by_number.ok_or_else(|| Error::not_found(E::KIND.noun(), key_or_id))
}

/// Rows in the order of their keys.
pub(crate) fn list<E: Entity>(conn: &Connection, page: Page) -> Result<Vec<E>> {
    let sql = format!("SELECT {} FROM {} ORDER BY key LIMIT ?1 OFFSET ?2", columns::<E>(), E::TABLE);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([page.limit(), page.offset()], E::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All rows, in the order of their keys. [`ENTITIES_PER_KIND_MAX`] bounds them.
pub(crate) fn all<E: Entity>(conn: &Connection) -> Result<Vec<E>> {
    let sql =
        format!("SELECT {} FROM {} ORDER BY key LIMIT {ENTITIES_PER_KIND_MAX}", columns::<E>(), E::TABLE);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([], E::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Makes or changes the row with this key. `id` of the given value is not looked at.
pub(crate) fn upsert<E: Entity>(conn: &Connection, entity: &E, now_ms: i64) -> Result<Saved> {
    entity.check()?;
    match by_key::<E>(conn, entity.key())? {
        Some(old) if old.label() == entity.label() && same_values(&old, entity)? => Ok(Saved::Unchanged),
        Some(old) => update(conn, &old, entity, now_ms).map(|()| Saved::Changed),
        None => insert(conn, entity, now_ms).map(|()| Saved::Created),
    }
}

fn insert<E: Entity>(conn: &Connection, entity: &E, now_ms: i64) -> Result<()> {
    let count: i64 = conn.query_row(&format!("SELECT count(*) FROM {}", E::TABLE), [], |r| r.get(0))?;
    if count >= ENTITIES_PER_KIND_MAX {
        return Err(Error::Invalid(format!(
            "there can be at most {ENTITIES_PER_KIND_MAX} of {}",
            E::KIND.noun()
        )));
    }
    let names: String = E::COLUMNS.iter().map(|c| format!(", {}", c.name)).collect();
    let marks: String = (0..E::COLUMNS.len()).map(|i| format!(", ?{}", i + 4)).collect();
    let sql = format!(
        "INSERT INTO {} (key, label, created_ms, updated_ms{names}) VALUES (?1, ?2, ?3, ?3{marks})",
        E::TABLE
    );
    let (key, label) = (entity.key(), entity.label());
    let mut values: Vec<&dyn ToSql> = vec![&key, &label, &now_ms];
    values.extend(entity.values());
    conn.execute(&sql, params_from_iter(values))?;
    Ok(())
}

fn update<E: Entity>(conn: &Connection, old: &E, entity: &E, now_ms: i64) -> Result<()> {
    let sets: String =
        E::COLUMNS.iter().enumerate().map(|(i, c)| format!(", {} = ?{}", c.name, i + 4)).collect();
    let sql = format!("UPDATE {} SET label = ?2, updated_ms = ?3{sets} WHERE id = ?1", E::TABLE);
    let (id, label) = (old.id(), entity.label());
    let mut values: Vec<&dyn ToSql> = vec![&id, &label, &now_ms];
    values.extend(entity.values());
    conn.execute(&sql, params_from_iter(values))?;
    Ok(())
}

fn same_values<E: Entity>(a: &E, b: &E) -> Result<bool> {
    for (a, b) in a.values().into_iter().zip(b.values()) {
        if a.to_sql()? != b.to_sql()? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn columns<E: Entity>() -> String {
    let own: String = E::COLUMNS.iter().map(|c| format!(", {}", c.name)).collect();
    format!("id, key, label{own}")
}

/// Which rows of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    limit: u32,
    offset: u32,
}

impl Page {
    /// At most `limit` rows (up to [`PAGE_ROWS_MAX`]) after the first `offset`.
    #[must_use]
    pub const fn new(limit: u32, offset: u32) -> Page {
        Page { limit, offset }
    }

    /// Rows of this page at most.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.limit.min(PAGE_ROWS_MAX)
    }

    /// Rows before this page.
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.offset
    }
}
