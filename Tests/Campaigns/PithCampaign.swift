import ArgumentParser

/// Campaigns against the built program: hostile inputs, and faults of the disk.
@main struct PithCampaign: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pith-campaign",
    abstract: "Attacks train-gpu: what it must refuse in one line, and what it must not lose.",
    subcommands: [
      FuzzCommand.self, FaultsCommand.self, GGUFCommand.self, GGUFBatchCommand.self,
    ])
}
