import Foundation
import Testing

@Suite struct DevicesTests {
  @Test func theCPUIsAlwaysThere() throws {
    let result = try Program.run(["devices"])
    #expect(result.code == 0)
    #expect(result.output.contains("\ncpu "))
  }

  @Test func theEnvironmentSelectsTheInstructionsOfTheCPU() throws {
    let result = try Program.run(
      ["devices", "--threads", "1"], environment: ["PITH_CPU": "generic"])
    #expect(result.code == 0)
    #expect(result.output.contains("CPU, 1 thread, OpenBLAS"))
    let help = try Program.run(["devices", "--help"])
    #expect(help.output.contains("PITH_CPU"))
  }

  @Test func instructionsThatAreNotKnownAreRefused() throws {
    let result = try Program.run(["devices"], environment: ["PITH_CPU": "mmx"])
    #expect(result.code == 2)
    #expect(result.output.isEmpty)
    #expect(
      result.errorLines.count == 1
        && result.errors.hasPrefix("train-gpu: PITH_CPU is 'mmx': expected one of these"))
  }

  @Test func asJSONEveryDeviceIsAnObject() throws {
    struct Listing: Decodable {
      let name: String
      let kind: String
      let memoryBytes: Int
      let instructions: String?
      let supportedInstructions: [String]?
    }
    let result = try Program.run(["devices", "--json", "--threads", "1"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let devices = try decoder.decode([Listing].self, from: Data(result.output.utf8))
    #expect(devices.first?.name == "cpu")
    #expect(devices.first?.supportedInstructions?.last == "generic")
    #expect(devices.first?.instructions == devices.first?.supportedInstructions?.first)
    #expect(
      devices.dropFirst().allSatisfy {
        $0.name.hasPrefix("cuda:") || $0.name.hasPrefix("opencl:")
      })
    #expect(devices.allSatisfy { $0.memoryBytes > 0 })
  }
}
