import Foundation
import Testing

@Suite struct DevicesTests {
  @Test func theCPUIsAlwaysThere() throws {
    let result = try Program.run(["devices"])
    #expect(result.code == 0)
    #expect(result.output.contains("\ncpu "))
  }

  @Test func asJSONEveryDeviceIsAnObject() throws {
    struct Listing: Decodable {
      let name: String
      let kind: String
      let memoryBytes: Int
    }
    let result = try Program.run(["devices", "--json", "--threads", "1"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let devices = try decoder.decode([Listing].self, from: Data(result.output.utf8))
    #expect(devices.first?.name == "cpu")
    #expect(
      devices.dropFirst().allSatisfy {
        $0.name.hasPrefix("cuda:") || $0.name.hasPrefix("opencl:")
      })
    #expect(devices.allSatisfy { $0.memoryBytes > 0 })
  }
}
