//! Rows that know which of them were changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

/// Rows by their keys, and which of them were added, changed or removed since they were last kept.
pub(crate) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    changed: BTreeSet<K>,
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// Without rows.
    pub(crate) fn new() -> Self {
        Self { rows: BTreeMap::new(), changed: BTreeSet::new() }
    }

    pub(crate) fn insert(&mut self, key: K, row: V) {
        self.changed.insert(key.clone());
        self.rows.insert(key, row);
    }

    /// A row to change.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.clone());
        Some(row)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let row = self.rows.remove(key)?;
        self.changed.insert(key.clone());
        Some(row)
    }

    pub(crate) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The rows that were added or changed.
    pub(crate) fn written(&self) -> impl Iterator<Item = &V> {
        self.changed.iter().filter_map(|key| self.rows.get(key))
    }

    /// The keys of rows that were removed.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &K> {
        self.changed.iter().filter(|key| !self.rows.contains_key(*key))
    }

    /// They are kept as they are now.
    pub(crate) fn kept(&mut self) {
        self.changed.clear();
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.rows
    }
}
