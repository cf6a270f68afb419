//! What was pushed, in the report of a build.

use super::{PushReport, PushedTagReport, Report, TagReport, TallyReport, TrafficReport};
use crate::http::Traffic;
use crate::registry::{Amount, Pushed, TagOutcome};

impl Report {
    /// Adds where each target was pushed to; nothing where nothing was.
    pub(in crate::ops) fn add_pushed(&mut self, pushed: Vec<(String, Pushed)>) {
        for (target, (repository, pushed)) in self.targets.iter_mut().zip(pushed) {
            target.pushed = Some(PushReport::of(repository, &pushed));
        }
    }

    /// Adds what went over the network.
    pub fn add_traffic(&mut self, traffic: &Traffic) {
        self.traffic = Some(traffic.into()).filter(|traffic: &TrafficReport| traffic.requests > 0);
    }
}

impl PushReport {
    fn of(repository: String, pushed: &Pushed) -> Self {
        let tally = |amount: &Amount| TallyReport { layers: amount.blobs, bytes: amount.bytes };
        Self {
            repository,
            tags: pushed.tags.iter().map(|(tag, outcome)| PushedTagReport::of(tag, *outcome)).collect(),
            uploaded: tally(&pushed.uploaded),
            mounted: tally(&pushed.mounted),
            present: tally(&pushed.present),
        }
    }
}

impl PushedTagReport {
    fn of(tag: &str, outcome: TagOutcome) -> Self {
        let (outcome, was) = match outcome {
            TagOutcome::Unchanged => (TagReport::Unchanged, None),
            TagOutcome::Created => (TagReport::Created, None),
            TagOutcome::Moved { from } => (TagReport::Moved, Some(from.to_string())),
        };
        Self { tag: tag.to_owned(), outcome, was }
    }
}

impl From<&Traffic> for TrafficReport {
    fn from(traffic: &Traffic) -> Self {
        Self {
            requests: traffic.requests(),
            blob_bytes_in: traffic.blob_bytes_in(),
            blob_bytes_out: traffic.blob_bytes_out(),
        }
    }
}
