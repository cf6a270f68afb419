//! The numbers by which the solver knows names, sets of packages, conditions and reasons.

use std::collections::HashMap;
use std::hash::Hash;

use resolvo::{
    Condition, ConditionId, LogicalOperator, NameId, Requirement, StringId, VersionSetId, VersionSetUnionId,
};

use super::stock::Id;

/// Everything numbered, in the order in which it was met.
#[derive(Default)]
pub(super) struct Sets {
    names: Numbered<String>,
    sets: Numbered<Set>,
    unions: Numbered<Vec<VersionSetId>>,
    reasons: Numbered<String>,
    conditions: Vec<Condition>,
}

/// Packages of one name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Set {
    pub(super) name: NameId,
    /// In their order.
    pub(super) ids: Vec<Id>,
    /// What they are, for people.
    pub(super) text: String,
}

impl Sets {
    pub(super) fn name(&mut self, name: &str) -> NameId {
        NameId::from_raw(self.names.number(name.to_owned()))
    }

    pub(super) fn name_of(&self, id: NameId) -> &str {
        &self.names.values[id.into_raw() as usize]
    }

    pub(super) fn set(&mut self, set: Set) -> VersionSetId {
        VersionSetId(self.sets.number(set))
    }

    pub(super) fn set_of(&self, id: VersionSetId) -> &Set {
        &self.sets.values[id.0 as usize]
    }

    /// What is met by any of the sets, of which there is at least one.
    pub(super) fn requirement(&mut self, sets: Vec<VersionSetId>) -> Requirement {
        match *sets {
            [only] => Requirement::Single(only),
            _ => Requirement::Union(VersionSetUnionId(self.unions.number(sets))),
        }
    }

    pub(super) fn union_of(&self, id: VersionSetUnionId) -> &[VersionSetId] {
        &self.unions.values[id.0 as usize]
    }

    pub(super) fn reason(&mut self, text: String) -> StringId {
        StringId(self.reasons.number(text))
    }

    pub(super) fn reason_of(&self, id: StringId) -> &str {
        &self.reasons.values[id.0 as usize]
    }

    /// The condition that of every group one set is met; nothing where there are no groups, or one has no set.
    pub(super) fn all_of(&mut self, groups: Vec<Vec<VersionSetId>>) -> Option<ConditionId> {
        let any = |sets: &mut Self, group: Vec<VersionSetId>| {
            let each = group.into_iter().map(Condition::Requirement).collect();
            sets.combined(LogicalOperator::Or, each)
        };
        let each: Option<Vec<ConditionId>> = groups.into_iter().map(|group| any(self, group)).collect();
        let each = each?.into_iter().map(|id| self.conditions[id.as_u32() as usize].clone()).collect();
        self.combined(LogicalOperator::And, each)
    }

    pub(super) fn condition_of(&self, id: ConditionId) -> Condition {
        self.conditions[id.as_u32() as usize].clone()
    }

    fn combined(&mut self, operator: LogicalOperator, conditions: Vec<Condition>) -> Option<ConditionId> {
        let mut conditions = conditions.into_iter();
        let first = conditions.next()?;
        let first = self.condition(first);
        Some(conditions.fold(first, |left, right| {
            let right = self.condition(right);
            self.condition(Condition::Binary(operator, left, right))
        }))
    }

    fn condition(&mut self, condition: Condition) -> ConditionId {
        let id = u32::try_from(self.conditions.len()).expect("conditions are numbered by u32");
        self.conditions.push(condition);
        ConditionId::new(id)
    }
}

/// Values and their numbers.
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("what is numbered fits into u32");
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}
