import Compute
import Foundation
import HuggingFace
import Inference
import JSON
import TestSupport
import Testing
import Transformer

@testable import Distillation

extension DeviceTests {
  /// A teacher that is another model than the student: wider, with a vocabulary of other padding.
  @Suite struct OtherTeacherTests {
    private let folder: TemporaryFolder
    private let student: ModelFolder
    private let larger: ModelFolder
    /// Ids that both models have.
    private static let shared = TinyTokenizer.vocabularySize + 3

    private static let frame = Frame(header: [0], closing: [5])
    private static let context = [3, 20, 41, 5, 33, 17, 60, 12]
    private static let examples = [
      Example(prompt: [10, 11], response: [12, 13, 14]), Example(prompt: [15], response: [16]),
      Example(prompt: [17, 18, 19], response: [20, 21]),
    ]

    init() throws {
      folder = try TemporaryFolder()
      student = try ModelFolder(at: TinyModel.write(in: folder, padding: 3))
      larger = try ModelFolder(
        at: TinyModel.write("larger", in: folder, width: 64, padding: 9, seed: 5))
    }

    private func configuration(_ folder: ModelFolder) throws -> DecoderConfiguration {
      try DecoderConfiguration(config: folder.config())
    }

    private func teacher(_ folder: ModelFolder) throws -> OtherTeacher {
      try OtherTeacher(
        TeacherModel(folder: folder, name: ModelName(folder.url.path)), for: student,
        configuration(student))
    }

    /// Log-probabilities of each response's rows over the shared ids, in Double.
    private func rows(
      _ model: ModelFolder, _ prefix: Prefix, _ example: Example, on device: Device
    ) throws -> [[Double]] {
      let decoder = try Decoder.load(model, on: device, precision: .f32)
      let size = decoder.configuration.vocabularySize
      let logits = try decoder.logits(of: example.inputs, after: prefix)
      return (0..<example.responseRows).map { row in
        let first = (example.inputs.count - example.responseRows + row) * size
        let shared = logits[first..<(first + Self.shared)].map(Double.init)
        let sum = logSumExp(shared)
        return shared.map { $0 - sum }
      }
    }

    @Test(arguments: TestDevice.all)
    func modelsAreComparedOverTheSharedIds(on name: TestDevice) throws {
      let device = try name.open()
      let other = try teacher(larger)
      #expect(other.record.vocabulary == Self.shared)
      let (reader, own) = (
        try other.load(on: device) { _ in },
        try Decoder.load(student, on: device, precision: .f32)
      )
      own.limitVocabulary(to: other.configuration.vocabularySize)
      let capacity = PrefixCapacity(rows: 64)
      let (full, nothing) = (
        Prefix(Self.frame, .context(Self.context)), Prefix(Self.frame, .nothing)
      )
      let judge = try Judge.scoring(
        Self.examples, by: reader.prefill(full, capacity: capacity), for: own)
      #expect(judge.cache.rows.kind == .projected)
      let found = try judge.scores(
        of: own.prefill(nothing, capacity: capacity), withLikelihoods: true)
      let likelihoods = try judge.teacherLogLikelihoods(own)
      for (index, example) in Self.examples.enumerated() {
        let p = try rows(larger, full, example, on: device)
        let q = try rows(student, nothing, example, on: device)
        let kl = zip(p, q).map { p, q in
          zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        }
        #expect(abs(found.kl[index] / kl.reduce(0, +) - 1) < Tolerance.model.rawValue)
        let agreements = zip(p, q).map { p, q in
          p.indices.max { p[$0] < p[$1] } == q.indices.max { q[$0] < q[$1] }
        }
        #expect(found.agreements[index] == agreements)
        func likelihood(_ rows: [[Double]]) -> Double {
          zip(rows, example.response).reduce(0) { $0 + $1.0[$1.1] }
        }
        #expect(abs(likelihoods[index] / likelihood(p) - 1) < Tolerance.model.rawValue)
        let sum = try #require(found.logLikelihood)[index]
        #expect(abs(sum / likelihood(q) - 1) < Tolerance.model.rawValue)
      }
    }

    /// Greedy and sampled answers have shared ids alone.
    @Test func answersHaveSharedIds() throws {
      let teacher = try teacher(larger).load(on: TestDevice.cpu.open()) { _ in }
      let model = try teacher.prefill(
        Prefix(Self.frame, .context(Self.context)), capacity: PrefixCapacity(rows: 64))
      let answers = try model.generate(
        [[10, 11], [12]], options: GenerationOptions(maximumTokens: 24, temperature: 8, seed: 1))
      #expect(answers.joined().allSatisfy { $0 < Self.shared })
      let size = try model.decoder.logits(of: [1], after: Prefix(Self.frame, .nothing)).count
      #expect(size == Self.shared)
    }

    private func expectRefusal(
      _ tokenizer: String?, _ message: (URL) -> String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let url = try TinyModel.write(
        "other", in: folder, tokenizer: tokenizer ?? TinyTokenizer.json)
      if tokenizer == nil {
        try FileManager.default.removeItem(at: url.appending(path: "tokenizer.json"))
      }
      let other = try ModelFolder(at: url)
      expectError(message(url), sourceLocation: sourceLocation) { try teacher(other) }
    }

    @Test func otherTokensAreRefusedByTheFirstOfThem() throws {
      let json = TinyTokenizer.json
      func expected(_ identifier: Int, _ text: String, _ found: String) -> (URL) -> String {
        { url in
          "\(url.path)/tokenizer.json: expected the tokenizer of the student \(student.url.path), where "
            + "id \(identifier) is \(text), found \(found)"
        }
      }
      try expectRefusal(
        json.replacing("\"a\": 1, \"b\": 2", with: "\"b\": 1, \"a\": 2"),
        expected(1, "the token \"a\"", "the token \"b\""))
      try expectRefusal(
        json.replacing("<|im_end|>", with: "<|end|>"),
        expected(8, "the special token \"<|im_end|>\"", "the special token \"<|end|>\""))
      try expectRefusal(
        json.replacing("\"<|im_end|>\": 8}", with: "\"<|im_end|>\": 8, \"abc\": 100}"),
        expected(100, "no token", "the token \"abc\""))
      try expectRefusal(nil) { url in
        "\(url.path): expected a tokenizer, since teacher and student have to share one, found none"
      }
    }

    /// Bytes on the device after the preparation of a run, and the most until then.
    private func prepared(
      from teacher: URL, _ method: TrainingOptions.Method, on name: TestDevice
    ) throws -> (held: Int, peak: Int) {
      let device = try name.open()
      let context = try folder.write("context.txt", "the cab has a bad back; a cabbage is abaca. ")
      let inputs = try folder.write(
        "inputs.jsonl",
        """
        {"prompt": "the cab", "completion": " has"}
        {"prompt": "a bad", "completion": " back"}
        """)
      var options = TrainingOptions()
      (options.tokens, options.method, options.precision) = (3, method, .bf16)
      var request = RunRequest(
        folder: student, modelName: ModelName(student.url.path), context: [context],
        inputs: inputs, validation: .file(inputs), output: folder.url.appending(path: "run"),
        mode: .create, options: options, kept: [], checkpointEvery: 100)
      request.teacher = TeacherModel(
        folder: try ModelFolder(at: teacher), name: ModelName(teacher.path), precision: .bf16)
      let run = try DistillationRun(request, device: device)
      let decoder = try Decoder.load(student, on: device, precision: .bf16)
      decoder.limitVocabulary(to: run.texts.configuration.vocabularySize)
      let shared = SharedTeacher(LoadedModel(decoder: decoder), answers: nil)
      let (preparation, start) = try run.prepare(decoder, shared, isAlone: true) { _ in }
      #expect(preparation.cacheKind == .projected && preparation.scores.drift != nil)
      return withExtendedLifetime((preparation, start)) { (device.heldBytes, device.peakBytes) }
    }

    /// What is left does not depend on the size of the teacher.
    @Test(arguments: TestDevice.all, TrainingOptions.Method.allCases)
    func itsMemoryIsFreeBeforeTheTraining(
      on name: TestDevice, method: TrainingOptions.Method
    ) throws {
      let wide = try TinyModel.write("wide", in: folder, width: 512, padding: 9, seed: 6)
      let narrow = try prepared(from: larger.url, method, on: name)
      let found = try prepared(from: wide, method, on: name)
      #expect(found.held == narrow.held)
      #expect(found.peak > narrow.peak + 512 * 512 * 4)
    }

    /// A head with a soft cap takes no projected rows: what is judged with it has logits too.
    @Test func memoryForLogitsIsThatOfJudgedExamplesToo() throws {
      let device = try TestDevice.cpu.open()
      let (plain, capped) = (
        try FamilyDistillationTests.Run("llama", on: device).decoder,
        try FamilyDistillationTests.Run("gemma2", on: device).decoder
      )
      func rows(of teacher: Decoder, for student: Decoder) -> Int {
        Preparation.keptLogits(10, judged: Self.examples, of: teacher, for: student)
      }
      #expect(rows(of: capped, for: plain) == 10)
      #expect(rows(of: plain, for: capped) == 16)
      #expect(rows(of: capped, for: capped) == 10)
    }

    @Test func anotherTeacherIsNoContinuation() throws {
      let record = try teacher(larger).record
      func fingerprints(_ teacher: TeacherRecord?) -> RunFingerprints {
        RunFingerprints(
          model: "m", context: [1], in: Frame(), training: [], validation: [], teacher: teacher)
      }
      try fingerprints(record).check(against: fingerprints(record), checkpoint: "c")
      var renamed = record
      renamed.model = "elsewhere"
      try fingerprints(renamed).check(against: fingerprints(record), checkpoint: "c")
      var quantised = record
      quantised.precision = "q8_0"
      for other in [quantised, nil] {
        #expect(throws: DistillationError.self) {
          try fingerprints(other).check(against: fingerprints(record), checkpoint: "c")
        }
      }
      let again = try RecordCoding.decode(
        RunFingerprints.self, from: RecordCoding.encode(fingerprints(record)), source: "s")
      #expect(again == fingerprints(record))
    }
  }
}
