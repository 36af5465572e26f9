//! `kinds!` makes the list, `node!` one entry of it.

/// The list: one line a kind, `file: Struct;`. Yields [`Kind`] and [`Config`].
macro_rules! kinds {
    ($( $module:ident: $variant:ident; )+) => {
        $( mod $module; pub use $module::$variant; )+

        /// The kinds of nodes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(
            #[doc = concat!("See [`struct@", stringify!($variant), "`].")]
            $variant,
        )+ }

        impl Kind {
            /// Every kind, in the order of the catalogue.
            pub const ALL: &'static [Kind] = &[ $( Kind::$variant, )+ ];

            /// All about it.
            #[must_use]
            pub const fn spec(self) -> &'static spec::NodeSpec {
                match self { $( Kind::$variant => &$variant::SPEC, )+ }
            }
        }

        /// The config of a node, read by its kind: for lowering, after the checks found no errors.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Config { $(
            #[doc = concat!("Of a `", stringify!($module), "`.")]
            $variant($variant),
        )+ }

        impl Config {
            /// Reads a node's config; what is missing or wrong has its default. `None` if the kind is unknown.
            #[must_use]
            pub fn read(node: &crate::graph::Node) -> Option<Config> {
                Some(match node.kind? { $( Kind::$variant => Config::$variant($variant::read(node)), )+ })
            }
        }
    };
}

/// One kind. Doc comments become the manual. Fields are `name: Marker = default;` (a JSON literal; the struct then has
/// the value), `name: Marker, from "field of the entity";` or `name: Marker as Required;` or `as Absent;` (the struct then
/// has an `Option`).
macro_rules! node {
    (
        $( #[doc = $doc:literal] )+
        $name:ident as $text:literal;
        entity $entity:expr;
        takes $takes:expr;
        waits $waits:literal;
        fields { $(
            $( #[doc = $fdoc:literal] )+
            $field:ident: $ty:ty $( = $default:literal )? $( , from $fact:literal )? $( as $need:ident )?;
        )* }
        computed $computed:expr $( , $cleaves:expr, $cunwired:expr )?;
        exits { $(
            $( #[doc = $edoc:literal] )+
            $exit:ident: $leaves:expr, $unwired:expr;
        )* }
    ) => {
        $( #[doc = $doc] )+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            /// Keys of its entities.
            pub entities: Vec<String>,
            $( $( #[doc = $fdoc] )+ pub $field: node!(@type $ty $( = $default )? $( , from $fact )? $( as $need )?), )*
        }

        impl $name {
            /// All about the kind.
            pub const SPEC: $crate::nodes::spec::NodeSpec = {
                #[allow(unused_imports, reason = "one prelude for every kind")]
                use $crate::nodes::spec::{Computed, EntityKind, EntityUse, ExitSpec, FieldDefault, FieldSpec, Leaves,
                    NodeSpec, Takes, Unwired};
                #[allow(unused_imports, reason = "one prelude for every kind")]
                use $crate::nodes::values::FieldKind;
                NodeSpec {
                    name: $text,
                    doc: concat!($( $doc, "\n" ),+),
                    entity: $entity,
                    takes: $takes,
                    waits: $waits,
                    fields: &[ $( FieldSpec {
                        name: stringify!($field),
                        doc: concat!($( $fdoc, "\n" ),+),
                        ty: <$ty as FieldKind>::TYPE,
                        default: node!(@default $( = $default )? $( , from $fact )? $( as $need )?),
                    }, )* ],
                    exits: &[ $( ExitSpec {
                        name: stringify!($exit),
                        doc: concat!($( $edoc, "\n" ),+),
                        leaves: $leaves,
                        unwired: $unwired,
                    }, )* ],
                    computed: $computed,
                    computed_exit: node!(@computed $( $cleaves, $cunwired )?),
                }
            };

            /// Reads a node's config; what is missing or wrong has its default.
            #[must_use]
            pub fn read(node: &$crate::graph::Node) -> Self {
                $name {
                    entities: node.entities.iter().filter_map(|e| e.key.clone()).collect(),
                    $( $field: node!(@read node, stringify!($field), $ty $( = $default )? $( , from $fact )? $( as $need )?), )*
                }
            }
        }
    };
    (@type $ty:ty = $default:literal) => { <$ty as $crate::nodes::values::FieldKind>::Out };
    (@type $ty:ty, from $fact:literal) => { Option<<$ty as $crate::nodes::values::FieldKind>::Out> };
    (@type $ty:ty as $need:ident) => { Option<<$ty as $crate::nodes::values::FieldKind>::Out> };
    (@default as $need:ident) => { FieldDefault::$need };
    (@default = $default:literal) => { FieldDefault::Is(stringify!($default)) };
    (@default , from $fact:literal) => { FieldDefault::FromEntity($fact) };
    (@read $node:ident, $field:expr, $ty:ty = $default:literal) => {
        $crate::nodes::values::read_or::<$ty>($node, $field, &serde_json::Value::from($default))
    };
    (@read $node:ident, $field:expr, $ty:ty, from $fact:literal) => {
        $crate::nodes::values::read::<$ty>($node, $field)
    };
    (@read $node:ident, $field:expr, $ty:ty as $need:ident) => {
        $crate::nodes::values::read::<$ty>($node, $field)
    };
    (@computed) => {
        ExitSpec { name: "", doc: "", leaves: Leaves::AsItCame, unwired: Unwired::HangsUp }
    };
    (@computed $leaves:expr, $unwired:expr) => {
        ExitSpec { name: "", doc: "", leaves: $leaves, unwired: $unwired }
    };
}
