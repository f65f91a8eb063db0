import JSON

/// The normalizer and pre-tokenizer that `tokenizer.ggml.pre` of a GGUF file names.
///
/// The name stands for a tokenizer.json of Hugging Face: llama.cpp's converter finds it by what the
/// tokenizer makes of one text. So these are the components of those files, not llama.cpp's
/// approximations of them; for names whose file was not at hand they are llama.cpp's.
///
/// Sources: `models` of convert_hf_to_gguf_update.py and `llama_vocab` of src/llama-vocab.cpp in
/// llama.cpp, and tokenizer.json of the models that they name.
struct GGUFPreTokenizer {
  /// Null, or a normalizer.
  var normalizer: JSON = .null
  let preTokenizer: JSON
  /// Whether a word that is a token stays whole.
  var ignoresMerges = false
  /// Whether BOS begins a text where the file does not say.
  var addsBegin = false

  /// The pre-tokenizer of a name, or nil.
  init?(named name: String) {
    guard let group = Self.groups.first(where: { $0.names.contains(name) }) else { return nil }
    self = group.preTokenizer
  }

  private init(
    _ preTokenizer: JSON, normalizer: JSON = .null, ignoresMerges: Bool = false,
    addsBegin: Bool = false
  ) {
    self.preTokenizer = preTokenizer
    self.normalizer = normalizer
    self.ignoresMerges = ignoresMerges
    self.addsBegin = addsBegin
  }

  /// Every name, for messages.
  static var names: [String] { groups.flatMap(\.names) }

  private static let normalForm = JSON.component("NFC")
  /// GPT-2's words.
  private static let words = JSON.byteLevel(addsPrefixSpace: false, splitsWords: true)
  private static let bytes = JSON.byteLevel(addsPrefixSpace: false, splitsWords: false)
  /// GPT-2's words, with every digit apart.
  private static let digitsAndWords = JSON.preTokenizers([.digits(individual: true), words])

  private static func words(of expressions: String...) -> JSON {
    .preTokenizers(expressions.map(JSON.split(expression:)) + [bytes])
  }

  private static let groups: [(names: [String], preTokenizer: GGUFPreTokenizer)] = [
    // openai-community/gpt2, microsoft/phi-2; the others by llama.cpp.
    (
      [
        "gpt-2", "phi-2", "gigachat", "a.x-4.0", "mellum", "exaone4", "jais", "trillion",
        "granite-docling",
      ],
      .init(words)
    ),
    // EleutherAI/gpt-neox-20b, whose tokenizer MPT and OLMo 1 have.
    (["mpt", "olmo"], .init(words, normalizer: normalForm)),
    // bigcode/starcoder2-3b, smallcloudai/Refact-1_6-base (also Granite 3),
    // HuggingFaceTB/SmolLM-135M; the others by llama.cpp.
    (
      ["starcoder", "refact", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"],
      .init(digitsAndWords)
    ),
    // CohereForAI/c4ai-command-r-v01.
    (["command-r"], .init(digitsAndWords, normalizer: normalForm)),
    // tiiuae/falcon-7b.
    (
      ["falcon"],
      .init(
        .preTokenizers([
          .component("Punctuation", ["behavior": .string("Contiguous")]), words,
          .digits(individual: false), .split(expression: WordExpression.threeDigits),
        ]))
    ),
    // No model's: llama.cpp's rule for files that it reads like Falcon's.
    (
      ["default"],
      .init(
        words(
          of: #"[\p{P}\$\+<=>\^~\|]+"#, WordExpression.gpt2, #"\p{N}+"#,
          WordExpression.threeDigits))
    ),
    // meta-llama/Meta-Llama-3-8B, mistral-community/pixtral-12b, LiquidAI/LFM2; the others by
    // llama.cpp.
    (
      [
        "llama-bpe", "llama3", "llama-v3", "pixtral", "lfm2", "falcon3", "falcon-h1", "midm-2.0",
      ],
      .init(words(of: WordExpression.llama3), ignoresMerges: true, addsBegin: true)
    ),
    // databricks/dbrx-base (also OLMo 2 and Phi-4), abacusai/Smaug-Llama-3-70B-Instruct,
    // THUDM/glm-4-9b-hf.
    (
      ["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"], .init(words(of: WordExpression.llama3))
    ),
    // Qwen/Qwen1.5-7B up to Qwen3, deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B, and files made of
    // theirs.
    (
      ["qwen2", "deepseek-r1-qwen", "megrez", "f2llmv2", "kormo"],
      .init(words(of: WordExpression.qwen2), normalizer: normalForm)
    ),
    // By llama.cpp.
    (["stablelm2", "hunyuan", "solar-open", "grok-2"], .init(words(of: WordExpression.qwen2))),
    // Qwen/Qwen3.5-9B-Instruct.
    (["qwen35"], .init(words(of: WordExpression.qwen35), normalizer: normalForm)),
    // mistralai/Mistral-Nemo-Base-2407.
    (
      ["tekken"], .init(words(of: WordExpression.tekken), ignoresMerges: true, addsBegin: true)
    ),
    // Xenova/gpt-4o (also Phi-4-mini), meta-llama/Llama-4-Scout-17B-16E-Instruct; the others by
    // llama.cpp.
    (
      ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
      .init(words(of: WordExpression.gpt4o))
    ),
  ]
}
