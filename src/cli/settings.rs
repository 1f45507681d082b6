//! `leverage.*` of git config, as typed values. A value that cannot be read is an error that names its origin.

use super::error::CommandError;
use crate::facts::quantity::WorkTime;
use crate::git::config::{Config, ConfigValue};

/// Reads `leverage.*` out of git config.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    config: Config,
}

impl Settings {
    /// The settings in `config`.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// The raw value of `leverage.<name>`.
    pub fn get(&self, name: &str) -> Option<&ConfigValue> {
        self.config.get(&format!("leverage.{name}"))
    }

    /// All values of `leverage.<name>`, in order.
    pub fn get_all(&self, name: &str) -> Vec<String> {
        self.config
            .get_all(&format!("leverage.{name}"))
            .map(|entry| entry.value.clone())
            .collect()
    }

    /// The config itself, for names outside `leverage.*`.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `leverage.hoursPerDay` and `leverage.hoursPerWeek`.
    pub fn work_time(&self) -> Result<WorkTime, CommandError> {
        let usual = WorkTime::default();
        Ok(WorkTime {
            hours_per_day: self.hours("hoursPerDay", 24.0)?.unwrap_or(usual.hours_per_day),
            hours_per_week: self.hours("hoursPerWeek", 168.0)?.unwrap_or(usual.hours_per_week),
        })
    }

    fn hours(&self, name: &str, most: f64) -> Result<Option<f64>, CommandError> {
        self.parsed(name, "a number of hours above 0", |text| {
            text.parse()
                .ok()
                .filter(|hours: &f64| *hours > 0.0 && *hours <= most)
        })
    }

    /// `leverage.<name>` through `parse`; what it refuses is an error that says where the value stands.
    pub fn parsed<T>(
        &self,
        name: &str,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, CommandError> {
        let Some(entry) = self.get(name) else {
            return Ok(None);
        };
        parse(entry.value.trim()).map(Some).ok_or_else(|| {
            CommandError::failed(format!(
                "`leverage.{name}` is `{}`, which is not {wanted}",
                entry.value
            ))
            .hint(format!("It is set in the {} git config", entry.origin))
        })
    }
}
