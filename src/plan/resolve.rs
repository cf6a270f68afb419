//! A specification to a plan: every input found and pinned.

use std::collections::HashSet;

use super::Plan;
use super::artifact::Artifacts;
use super::context::Context;
use super::error::{PlanError, Problem};
use super::file::Files;
use super::find::prefetch;
use super::packages::PackagesPlan;
use super::problems::Problems;
use super::target::{Shared, Target};
use crate::oci::Platform;
use crate::spec::{self, Customization, SpecFile, Specification};

/// Plans a specification; all problems at once, in the order of their places.
pub fn resolve(
    file: &SpecFile,
    specification: &Specification,
    context: &Context<'_>,
) -> Result<Plan, Vec<PlanError>> {
    let customization = match specification {
        Specification::Image(customization) => customization,
        Specification::Chart(chart) => {
            let place = chart.mappings.first().map(|mapping| mapping.from.place);
            let problem = Problem::Unsupported { what: "chart customizations" };
            return Err(vec![PlanError { place, problem }]);
        }
    };
    let mut problems = Problems::default();
    prefetch(context, customization);
    let shared = Shared {
        customization,
        context,
        platforms: platforms(customization, context, &mut problems),
        artifacts: Artifacts::find(customization, context, &mut problems),
        packages: PackagesPlan::read(file, &customization.packages, context, &mut problems),
        files: Files::read(file, customization, context, &mut problems),
    };
    let mut targets = Vec::new();
    for target in &customization.targets {
        targets.extend(shared.target(target, &mut problems).map(|planned| (target, planned)));
    }
    refuse_collisions(&targets, &mut problems);
    problems.or(Plan { targets: targets.into_iter().map(|(_, planned)| planned).collect() })
}

/// The platforms to build, those of the specification or fewer.
fn platforms(customization: &Customization, context: &Context<'_>, problems: &mut Problems) -> Vec<Platform> {
    let offered: Vec<Platform> = customization.platforms.keys().cloned().collect();
    for platform in context.platforms.iter().filter(|platform| !offered.contains(platform)) {
        let (platform, offered) = (platform.clone(), offered.clone());
        problems.add(None, Problem::Platform { platform, offered });
    }
    let is_wanted =
        |platform: &Platform| context.platforms.is_empty() || context.platforms.contains(platform);
    offered.into_iter().filter(is_wanted).collect()
}

/// Two targets must not write one tag.
fn refuse_collisions(targets: &[(&spec::Target, Target)], problems: &mut Problems) {
    let mut written = HashSet::new();
    for (target, planned) in targets {
        for tag in &planned.tags {
            let full = format!("{}:{tag}", planned.destination);
            if !written.insert(full.clone()) {
                problems.add(Some(target.destination.place), Problem::Collision(full));
            }
        }
    }
}
