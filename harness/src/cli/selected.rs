//! The trials that a command is asked for.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use contract::Scalar;
use judge::plan::{Selection, Shard};

/// Which trials.
#[derive(Debug, Args)]
pub(super) struct Selected {
    /// Only trials whose name (`arm::suite::case`) contains this; a whole name means that trial alone.
    /// May be given more than once
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    filter: Vec<String>,
    /// Only trials of this arm. May be given more than once
    #[arg(long, value_name = "NAME")]
    arm: Vec<String>,
    /// Leave out cases whose functions have this scalar type anywhere, `f80` say. May be given more
    /// than once
    #[arg(long, value_name = "TYPE", value_parser = scalar)]
    without: Vec<Scalar>,
    /// Only the k-th of n equal parts
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
}

impl Selected {
    /// The selection, with the seed that its arguments and signatures are drawn from.
    pub(super) fn of(&self, seed: Option<u64>) -> Selection {
        let Selected { filter, arm, without, shard } = self;
        Selection {
            filters: filter.clone(),
            arms: arm.clone(),
            without: without.clone(),
            shard: *shard,
            seed,
        }
    }
}

fn scalar(name: &str) -> Result<Scalar, String> {
    Scalar::from_name(name.trim_start_matches(':')).ok_or_else(|| {
        let known: Vec<_> = Scalar::ALL.iter().map(|scalar| scalar.name()).collect();
        format!("there is no such type; the types are {}", known.join(", "))
    })
}
