//! The price list: a data file with its date, so that it can be replaced without a new program.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../data/aws-prices.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceList {
    pub(super) date: String,
    regions: BTreeMap<String, Prices>,
    pub(super) free_a_month: Free,
}

/// In dollars. Of requests, units and calls: for a million.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) source: String,
    pub(super) fargate: Fargate,
    pub(super) public_ipv4_hour: f64,
    pub(super) table_write_units: f64,
    pub(super) table_read_units: f64,
    pub(super) table_gb_month: f64,
    pub(super) table_backup_gb_month: f64,
    pub(super) queue_requests: f64,
    /// More, for messages that name their tenant.
    pub(super) queue_grouped_requests: f64,
    pub(super) secret_month: f64,
    pub(super) alarm_metric_month: f64,
    pub(super) dashboard_month: f64,
    pub(super) custom_metric_month: f64,
    pub(super) log_gb_in: f64,
    pub(super) log_gb_month: f64,
    pub(super) image_gb_month: f64,
    pub(super) api_requests: f64,
    pub(super) hosted_zone_month: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fargate {
    pub(super) arm64: Machines,
    pub(super) x86_64: Machines,
    /// What Spot costs of that, at best.
    pub(super) spot_factor: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machines {
    pub(super) vcpu_hour: f64,
    pub(super) gb_hour: f64,
}

/// What every account has free each month, for all that runs in it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Free {
    pub(super) queue_requests: f64,
    pub(super) table_gb: f64,
    pub(super) alarm_metrics: f64,
    pub(super) dashboards: f64,
    pub(super) custom_metrics: f64,
    pub(super) log_gb: f64,
}

impl PriceList {
    pub(crate) fn built_in() -> Self {
        serde_json::from_str(BUILT_IN).expect("the list in this program is tested")
    }

    /// # Errors
    /// What is wrong with the file, for people.
    pub(crate) fn of_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("the prices {shown} cannot be read: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("the prices {shown}: {error}"))
    }

    pub(super) fn region(&self, name: &str) -> Result<&Prices, String> {
        self.regions.get(name).ok_or_else(|| {
            let known = self.regions.keys().cloned().collect::<Vec<_>>().join(", ");
            format!("there are no prices of the region `{name}` here, only of {known}")
        })
    }
}
