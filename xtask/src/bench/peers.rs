//! The same jobs by Pipewright and by other tools: whole processes in alternation, and what was aimed at.

use super::environment::Environment;
use super::job::{Goal, choose, print_head};
use super::measure::Neighbours;
use super::{Family, Options, estimators, network, tables};

pub(super) fn run(options: &Options) -> Result<(), String> {
    let environment = Environment::find(options)?;
    let (mut jobs, goals): (_, &[Goal]) = match options.family {
        Family::Network => (network::jobs(&environment), network::GOALS),
        Family::Csv => (vec![tables::csv(&environment)?], tables::CSV_GOALS),
        Family::Prepare => (vec![tables::prepare(&environment)?], tables::PREPARE_GOALS),
        Family::Parquet => (vec![tables::parquet(&environment)], tables::PARQUET_GOALS),
        Family::Encode => (estimators::jobs(&environment)?, &estimators::GOALS),
        Family::Impute => (estimators::transform_jobs(&environment)?, estimators::TRANSFORM_GOALS),
        Family::Group => (vec![tables::relation(&environment, "group")?], tables::GROUP_GOALS),
        Family::Join => (vec![tables::relation(&environment, "join")?], tables::JOIN_GOALS),
    };
    choose(&mut jobs, &options.only)?;
    let neighbours = Neighbours::watch();
    for job in &mut jobs {
        job.run(options.rounds);
    }
    print_head();
    jobs.iter().for_each(super::job::Job::print);
    print!("\n{}", neighbours.report());
    println!("\ngoals");
    goals.iter().for_each(|goal| println!("  {}", goal.verdict(&jobs)));
    Ok(())
}
