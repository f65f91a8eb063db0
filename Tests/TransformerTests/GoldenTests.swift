import Compute
import Foundation
import HuggingFace
import TestSupport
import Testing
import Transformer
import Weights

extension DeviceTests {
  /// Logits, loss and gradients against transformers in float64, with weights of every type, in one
  /// file and in shards.
  @Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
  struct GoldenTests {
    @Test(arguments: TestDevice.all, GoldenModel.names)
    func logitsAndGradientsMatchTransformers(on deviceName: TestDevice, name: String) throws {
      let device = try deviceName.open()
      for model in try GoldenModel.all(name) {
        let precisions: [WeightFormat] =
          model.prefix.isEmpty || device.isCPU
          ? [.f32] : [.f32, model.prefix == "bf16." ? .bf16 : .f16]
        for precision in precisions {
          let decoder = try Decoder.load(model.folder, on: device, precision: precision)
          let comment = Comment(
            rawValue: "\(model.folder.url.lastPathComponent) as \(precision)")
          let tolerance: Tolerance =
            deviceName == .cuda && precision == .bf16 ? .gradientOfTwoPieces : .model
          try model.checkWholeSequences(decoder, gradientWithin: tolerance, comment)
          try model.checkSoftPrompt(decoder, gradientWithin: tolerance, comment)
          try model.checkTokenRows(decoder, comment)
        }
      }
    }
  }
}
