//! What faults do to one request.

use std::sync::Arc;
use std::time::Duration;

use super::request::Head;
use super::response::{Delivery, Response};

/// What is called back.
pub(super) type Call = Arc<dyn Fn() + Send + Sync>;

/// All that befalls one request.
#[derive(Clone, Default)]
pub(super) struct Effect {
    pub(super) delay: Duration,
    pub(super) status: Option<u16>,
    /// The origin of a redirect to the path of the request.
    pub(super) moved: Option<String>,
    pub(super) unread: bool,
    pub(super) drop_at: Option<u64>,
    pub(super) stop: Option<Call>,
    pub(super) stop_after: Option<Call>,
    pub(super) no_mount: bool,
    pub(super) headers: Vec<(String, Change)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) cut_to: Option<usize>,
    pub(super) delivery: Delivery,
}

/// What becomes of a header of the answer.
#[derive(Clone)]
pub(super) enum Change {
    Set(String),
    Add(String),
    LeaveOut,
}

impl Effect {
    /// Both; where they exclude each other, the other.
    pub(super) fn and(self, other: Self) -> Self {
        let headers = self.headers.into_iter().chain(other.headers).collect();
        Self {
            delay: self.delay + other.delay,
            status: other.status.or(self.status),
            moved: other.moved.or(self.moved),
            unread: self.unread || other.unread,
            drop_at: other.drop_at.or(self.drop_at),
            stop: other.stop.or(self.stop),
            stop_after: other.stop_after.or(self.stop_after),
            no_mount: self.no_mount || other.no_mount,
            headers,
            body: other.body.or(self.body),
            cut_to: other.cut_to.or(self.cut_to),
            delivery: self.delivery.and(other.delivery),
        }
    }

    /// What is answered without anything being done.
    pub(super) fn answer(&self, head: &Head) -> Option<Response> {
        let status = self.status?;
        Some(match (status, &self.moved) {
            (_, Some(origin)) => Response::new(status).with("Location", format!("{origin}{}", head.target)),
            (400.., None) => Response::error(status, code(status), "a fault of the test"),
            _ => Response::new(status),
        })
    }

    /// Changes an answer.
    pub(super) fn alter(&self, response: &mut Response) {
        for (name, change) in &self.headers {
            if !matches!(change, Change::Add(_)) {
                response.headers.remove(name);
            }
            if let Change::Set(value) | Change::Add(value) = change {
                response.headers.add(name, value.as_str());
            }
        }
        if let Some(body) = &self.body {
            response.body.clone_from(body);
        }
        response.body.truncate(self.cut_to.unwrap_or(usize::MAX));
    }
}

/// The error code of the specification for a status.
fn code(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        404 => "NAME_UNKNOWN",
        429 => "TOOMANYREQUESTS",
        _ => "UNSUPPORTED",
    }
}
