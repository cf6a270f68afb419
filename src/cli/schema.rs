//! `overcoat schema`

use super::args::{Form, Schema};
use super::failure::Failure;
use crate::ops::{diagnostic, inspect, report, store};
use crate::spec;

pub(super) fn run(args: &Schema) -> Result<(), Failure> {
    let schema = match args.of {
        Form::Customization => spec::schema(),
        Form::BuildReport => report::schema(),
        Form::BuildsReport => report::several::schema(),
        Form::InspectReport => inspect::schema(),
        Form::Diagnostics => diagnostic::schema(),
        Form::StoreReport => store::schema(),
    };
    super::print(&format!("{schema:#}\n"))
}
