//! What a write changes and under which condition, in DynamoDB's language.

use std::{collections::HashMap, fmt::Write as _};

use aws_sdk_dynamodb::types::AttributeValue;

/// An update and its condition under construction. Every name goes through a placeholder, because hundreds of
/// words are reserved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expression {
    set: Vec<String>,
    remove: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    pub(crate) fn set(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(attribute, value));
        self.set.push(format!("{name} = {value}"));
        self
    }

    pub(crate) fn set_or_remove(self, attribute: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    pub(crate) fn remove(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.remove.push(name);
        self
    }

    /// Takes the value that another attribute has before the update.
    pub(crate) fn copy(mut self, attribute: &str, from: &str) -> Self {
        let (name, from) = (self.name(attribute), self.name(from));
        self.set.push(format!("{name} = {from}"));
        self
    }

    pub(crate) fn add(mut self, attribute: &str, by: AttributeValue) -> Self {
        let (name, by) = (self.name(attribute), self.value(attribute, by));
        self.set.push(format!("{name} = {name} + {by}"));
        self
    }

    /// As [`Self::add`], where the attribute may be absent and counts as zero then.
    pub(crate) fn count(mut self, attribute: &str, by: AttributeValue) -> Self {
        let (name, by) = (self.name(attribute), self.value(attribute, by));
        self.values.insert(":none".to_owned(), AttributeValue::N("0".to_owned()));
        self.set.push(format!("{name} = if_not_exists({name}, :none) + {by}"));
        self
    }

    pub(crate) fn extend(mut self, attribute: &str, by: Vec<AttributeValue>) -> Self {
        let (name, by) = (self.name(attribute), self.value(attribute, AttributeValue::L(by)));
        self.set.push(format!("{name} = list_append({name}, {by})"));
        self
    }

    /// `operator` is one of DynamoDB's: `=`, `<>`, `<`.
    pub(crate) fn only_if(
        mut self,
        attribute: &str,
        operator: &str,
        value: AttributeValue,
    ) -> Self {
        let placeholder = format!("{attribute}_seen");
        let (name, value) = (self.name(attribute), self.value(&placeholder, value));
        self.conditions.push(format!("{name} {operator} {value}"));
        self
    }

    pub(crate) fn only_if_one_of(
        mut self,
        attribute: &str,
        values: impl IntoIterator<Item = AttributeValue>,
    ) -> Self {
        let name = self.name(attribute);
        let numbered = values.into_iter().zip(1..);
        let values: Vec<_> = numbered
            .map(|(value, number)| self.value(&format!("{attribute}_seen_{number}"), value))
            .collect();
        self.conditions.push(format!("{name} IN ({})", values.join(", ")));
        self
    }

    pub(crate) fn only_if_present(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("attribute_exists({name})"));
        self
    }

    /// Absent, or as the operator says.
    pub(crate) fn only_if_absent_or(
        mut self,
        attribute: &str,
        operator: &str,
        value: AttributeValue,
    ) -> Self {
        let placeholder = format!("{attribute}_seen");
        let (name, value) = (self.name(attribute), self.value(&placeholder, value));
        self.conditions
            .push(format!("(attribute_not_exists({name}) OR {name} {operator} {value})"));
        self
    }

    /// Absent, or another value than this.
    pub(crate) fn only_if_not(mut self, attribute: &str, value: AttributeValue) -> Self {
        let placeholder = format!("{attribute}_seen");
        let (name, value) = (self.name(attribute), self.value(&placeholder, value));
        self.conditions.push(format!("(attribute_not_exists({name}) OR {name} <> {value})"));
        self
    }

    pub(super) fn update_text(&self) -> Option<String> {
        let mut text = String::new();
        for (clause, parts) in [("SET", &self.set), ("REMOVE", &self.remove)] {
            if !parts.is_empty() {
                write!(text, "{clause} {} ", parts.join(", ")).expect("a text takes everything");
            }
        }
        Some(text).filter(|text| !text.is_empty())
    }

    pub(super) fn condition_text(&self) -> Option<String> {
        Some(self.conditions.join(" AND ")).filter(|text| !text.is_empty())
    }

    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        Some(self.names.clone()).filter(|names| !names.is_empty())
    }

    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }

    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, of: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{of}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}
