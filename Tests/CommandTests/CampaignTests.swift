import Foundation
import Testing

/// A short run of each campaign; `make fuzz` and `make faults` are the long ones.
@Suite struct CampaignTests {
  private static let campaign = Program.url.deletingLastPathComponent()
    .appending(path: "pith-campaign")

  @Test func changedInputsEndInAResultOrInOneLine() throws {
    let result = try Program.run(
      ["fuzz", "--count", "6", "--seed", "1"], of: Self.campaign)
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    #expect(result.output.hasSuffix("6 inputs of each of 12 kinds, seed 1: nothing found\n"))
  }

  @Test func changedGGUFFilesEndInAResultOrInOneLine() throws {
    let result = try Program.run(["gguf", "--count", "1000"], of: Self.campaign)
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    #expect(result.output.hasSuffix("1000 changed GGUF files, seed 1: nothing found\n"))
  }

  /// The fault library is loaded into the program by glibc's LD_PRELOAD.
  #if os(Linux)
    @Test func nothingIsLostAtAFault() throws {
      let result = try Program.run(["faults", "--count", "15"], of: Self.campaign)
      #expect(result.code == 0, "\(result.output)\(result.errors)")
      #expect(result.output.hasSuffix("15 faults: nothing found\n"), "\(result.output)")
    }
  #endif
}
