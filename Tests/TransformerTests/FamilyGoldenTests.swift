import Compute
import HuggingFace
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Every family against transformers in float64: logits, loss and gradients, on every device,
  /// with its config in the style of the hub and in that of transformers 5.
  @Suite struct FamilyGoldenTests {
    static let configs = ["config.json", "config.current.json"]

    @Test(arguments: GoldenModel.familyNames)
    func logitsAndGradientsMatchTransformers(name: String) throws {
      try check(name, Self.configs, on: TestDevice.cpu.open())
    }

    /// One device for all families, since a device compiles or loads each program once, and one
    /// style of config, since both give the same configuration.
    @Test(
      .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
      arguments: TestDevice.all.filter { $0 != .cpu })
    func kernelsMatchTransformers(on deviceName: TestDevice) throws {
      let device = try deviceName.open()
      for name in GoldenModel.familyNames { try check(name, ["config.json"], on: device) }
    }

    private func check(_ name: String, _ configs: [String], on device: Device) throws {
      let folder = try TemporaryFolder()
      for config in configs {
        let model = try GoldenModel.family(name, config: config, in: folder)
        let decoder = try Decoder.load(model.folder, on: device, precision: .f32)
        let comment = Comment(rawValue: "\(name), \(config)")
        try model.checkWholeSequences(decoder, comment)
        try model.checkSoftPrompt(decoder, comment)
        try model.checkTokenRows(decoder, comment)
        try model.checkLongText(decoder, comment)
      }
    }

    @Test(arguments: GoldenModel.familyNames)
    func weightsStayAsTheyAreStored(name: String) throws {
      let folder = try TemporaryFolder()
      let model = try GoldenModel.family(name, config: "config.json", in: folder)
      let decoder = try Decoder.load(
        model.folder, on: TestDevice.cpu.open(), precision: .bf16)
      try model.checkWholeSequences(decoder, Comment(rawValue: "\(name) in bf16"))
      try model.checkSoftPrompt(decoder, Comment(rawValue: "\(name) in bf16"))
    }

    @Test func bothStylesOfAConfigSayTheSame() throws {
      let folder = try TemporaryFolder()
      for name in GoldenModel.familyNames {
        let found = try Self.configs.map { config in
          let model = try GoldenModel.family(name, config: config, in: folder)
          return try DecoderConfiguration(config: model.folder.config())
        }
        #expect(found[0] == found[1], "\(name)")
      }
    }

    @Test func everyFamilyHasNumbers() throws {
      let folder = try TemporaryFolder()
      let found = try Set(
        GoldenModel.familyNames.map { name in
          let model = try GoldenModel.family(name, config: "config.json", in: folder)
          return try DecoderConfiguration(config: model.folder.config()).family
        })
      #expect(found == Set(DecoderConfiguration.supportedFamilies))
    }
  }
}
