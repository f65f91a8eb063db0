import HuggingFace
import JSON

/// What to know of a prompt whose frozen model is a GGUF file: which file, and what runs it.
struct GGUFUsage {
  let identity: GGUFIdentity
  let isKeysValues: Bool

  /// The architectures whose GGUF files transformers 5.23 reads (`GGUF_SUPPORTED_ARCHITECTURES`).
  private static let readByTransformers: Set<String> = [
    "falcon", "gemma2", "gemma3", "gpt2", "llama", "phi3", "qwen2", "qwen3", "stablelm",
    "starcoder2",
  ]

  /// The file that the prompt belongs to.
  var origin: String {
    let name = identity.name.map { "\($0), " } ?? ""
    let file =
      identity.shards.map {
        "the GGUF file `\(identity.file)` and its \(Counted($0 - 1, "other shard"))"
      }
      ?? "the GGUF file `\(identity.file)`"
    return """
      The frozen model is \(file) (\(name)architecture \(identity.architecture)). Its tensors have the SHA-256 \
      `\(identity.tensorsDigest)`, which `gguf-hash --sha256` of llama.cpp prints too. The prompt belongs to \
      these weights: with another quantisation of the model it may be worse.
      """
  }

  /// How transformers loads the file.
  var transformers: String {
    guard Self.readByTransformers.contains(identity.architecture) else {
      return
        "transformers 5.23 reads no GGUF files of architecture \(identity.architecture): it needs the "
        + "Hugging Face checkpoint of the model in place of the file, whose weights may differ."
    }
    let merged =
      identity.shards == nil
      ? ""
      : " It reads one file: `llama-gguf-split --merge \(identity.file) WHOLE.gguf` joins the shards."
    return
      "transformers reads the file and dequantises its weights, with the Python packages `gguf` and "
      + "`accelerate`.\(merged)"
  }

  /// What other programs do with the file and the prompt.
  var programs: String {
    let llama =
      isKeysValues
      ? "takes keys and values only in saved states, which belong to one version of it, so no export "
        + "is for it."
      : "takes the prompt as rows of embeddings: the export `llamacpp` holds them, with a program in C "
        + "that reads the file and them."
    return """
      - \(transformers)
      - llama.cpp runs the file itself. It \(llama)
      - mlx-lm reads no GGUF files. The export `mlx`, of models without sliding windows, is a prompt cache for \
      the model in MLX's own format, whose weights differ from the file's.
      """
  }
}
