//! What went over the network, in words.

use super::size::size;
use crate::ops::report::TrafficReport;

/// One line; nothing where nothing was asked of a server.
pub(super) fn line(traffic: &TrafficReport) -> String {
    match traffic.requests {
        0 => String::new(),
        requests => format!(
            "{requests} requests, {} received, {} sent\n",
            size(traffic.blob_bytes_in),
            size(traffic.blob_bytes_out)
        ),
    }
}
