import Compute
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// The choices around keys and values that need no device.
@Suite struct KeyValueStartTests {
  @Test(arguments: [1, 3, 4, 8, 9, 32, 33, 128, 462])
  func chunksAreSpreadOverTheContext(count: Int) {
    let chosen = KeyValueSource.chunks(of: 463, count: count)
    #expect(chosen.count == count)
    #expect(chosen[0] == 0)
    #expect(zip(chosen, chosen.dropFirst()).allSatisfy { $0 < $1 })
    #expect(chosen[count - 1] < 463)
    if count >= 4 { #expect(chosen[count - 1] == 462) }
  }

  @Test func chunksAreRunsOfConsecutiveRows() {
    #expect(
      KeyValueSource.chunks(of: 100, count: 8) == [0, 1, 32, 33, 65, 66, 98, 99])
    #expect(KeyValueSource.chunks(of: 100, count: 4) == [0, 33, 66, 99])
    #expect(KeyValueSource.chunks(of: 5, count: 4).count == 4)
  }

  @Test func aWindowThatIsTooShortIsCounted() {
    #expect(WindowReach(prompt: 1..<5, textRows: 40, windows: [nil, nil]) == nil)
    #expect(WindowReach(prompt: 1..<5, textRows: 40, windows: [39, nil]) == nil)
    // The last row, at position 39, sees positions 2 to 39 and 8 to 39.
    let found = WindowReach(prompt: 1..<5, textRows: 40, windows: [38, 32, nil])
    #expect(found?.layers == 2)
    #expect(found?.blindLayers == 1)
    #expect(found?.allLayers == 3)
    #expect(found?.window == 32)
  }

  @Test func ratesFollowTheOptions() {
    var options = TrainingOptions()
    options.method = .keysValues
    for (start, keys, values) in [(Initialization.chunks, 0.03, 0.03), (.matched, 0.01, 0.02)] {
      options.initialization = start
      let rates = options.keyValueRates(scales: (2, 4))
      #expect(rates == KeyValueRates(keys: 2 * Float(keys), values: 4 * Float(values)))
    }
    options.learningRate = 0.5
    #expect(options.keyValueRates(scales: (2, 3)) == KeyValueRates(keys: 0.5, values: 0.5))
    options.keyLearningRate = 0
    options.valueLearningRate = 0.25
    #expect(options.keyValueRates(scales: (2, 3)) == KeyValueRates(keys: 0, values: 0.25))
    #expect(KeyValueRates(keys: 1, values: 4).factors == [0.25, 1])
  }

  @Test func aMethodRefusesTheOthersOptions() {
    func refusal(_ change: (inout TrainingOptions) -> Void) -> String? {
      var options = TrainingOptions()
      change(&options)
      do throws(DistillationError) { try options.validate() } catch { return "\(error)" }
      return nil
    }
    #expect(refusal { $0.method = .keysValues } == nil)
    #expect(
      refusal { ($0.method, $0.initialization) = (.keysValues, .sampled) }
        == "init: expected first, chunks, random-text, matched, an adapter's folder or a .safetensors file with "
        + "method kv, found sampled")
    #expect(
      refusal { $0.initialization = .chunks }
        == "init: expected sampled, first, pooled, vocabulary, random, an adapter's folder or a .safetensors file with "
        + "method embeddings, found chunks")
    #expect(
      refusal { $0.keyLearningRate = 0.5 }
        == "learning-rate-keys: expected nothing with method embeddings, found 0.5")
    #expect(
      refusal {
        ($0.method, $0.initialization) = (.keysValues, .first)
        $0.valueLearningRate = 0
      } == "learning-rate-values: expected a number above 0, found 0.0")
    #expect(
      refusal {
        ($0.method, $0.initialization) = (.keysValues, .first)
        $0.keyLearningRate = 0
      } == nil)
  }

  @Test func theMethodIsRecordedWhereItIsNotTheFirst() throws {
    var options = TrainingOptions()
    #expect(try options.members()["method"] == nil)
    options.method = .keysValues
    #expect(try options.members()["method"] == .string("kv"))
    #expect(
      throws: DistillationError.self,
      performing: { try options.resuming(TrainingOptions(), keeping: [], checkpoint: "c") })
  }
}
