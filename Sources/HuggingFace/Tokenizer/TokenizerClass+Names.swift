extension TokenizerClass {
  /// The class that transformers registers for a model type; `llama`, `smollm3`, `helium` and
  /// `falcon` have none.
  static let registered: [String: TokenizerClass] = [
    "gemma": .gemma, "gemma2": .gemma, "gemma3": .gemma, "gemma3_text": .gemma,
    "qwen2": .qwen2, "qwen2_moe": .qwen2, "qwen3": .qwen2, "qwen3_moe": .qwen2,
    "qwen3_5": .qwen35, "qwen3_5_text": .qwen35,
    "cohere": .cohere, "cohere2": .cohere,
    "gpt2": .gpt2, "starcoder2": .gpt2, "phi": .gpt2, "gptj": .gpt2, "gpt_neo": .gpt2, "opt": .gpt2,
    "gpt_neox": .gptNeoX, "olmo": .gptNeoX, "olmoe": .gptNeoX, "mpt": .gptNeoX,
    "mistral": .file, "mistral3": .file, "ministral": .file, "ministral3": .file, "mixtral": .file,
    "phi3": .file, "phimoe": .file, "nemotron": .file, "granite": .file, "granitemoe": .file,
    "olmo2": .file, "olmo3": .file, "glm": .file, "glm4": .file, "ernie4_5": .file,
    "stablelm": .file, "gpt_bigcode": .file, "persimmon": .file,
  ]

  /// Model types whose published files name a wrong class, so that the registered one counts.
  static let modelTypesWithMistakenClass: Set<String> = [
    "ernie4_5", "phi3", "phimoe", "nemotron", "qwen2", "qwen3_5", "qwen3_5_text",
  ]

  /// Other names of classes.
  static let aliases = ["Phi3Tokenizer": "LlamaTokenizer"]

  /// Classes that build their tokenizer themselves or read none from `tokenizer.json`, for models
  /// other than decoders of text. A name that transformers does not know is none of them: it takes
  /// the file.
  static let unsupported: Set<String> = [
    "AlbertTokenizer", "BartTokenizer", "BarthezTokenizer", "BartphoTokenizer",
    "BertGenerationTokenizer", "BertJapaneseTokenizer", "BertTokenizer", "BertweetTokenizer",
    "BigBirdTokenizer", "BioGptTokenizer", "BlenderbotSmallTokenizer", "BlenderbotTokenizer",
    "ByT5Tokenizer", "CLIPTokenizer", "CTRLTokenizer", "CamembertTokenizer", "CanineTokenizer",
    "ClvpTokenizer", "CpmAntTokenizer", "CpmTokenizer", "DPRContextEncoderTokenizer",
    "DPRQuestionEncoderTokenizer", "DPRReaderTokenizer", "DebertaTokenizer",
    "DebertaV2Tokenizer", "DiaTokenizer", "DistilBertTokenizer", "ElectraTokenizer",
    "EsmTokenizer", "EsmcTokenizer", "FSMTTokenizer", "FlaubertTokenizer", "FunnelTokenizer",
    "GPTNeoXJapaneseTokenizer", "GPTSw3Tokenizer", "HerbertTokenizer", "LEDTokenizer",
    "LasrTokenizer", "LayoutLMTokenizer", "LayoutLMv2Tokenizer", "LayoutLMv3Tokenizer",
    "LayoutXLMTokenizer", "LongformerTokenizer", "LukeTokenizer", "LxmertTokenizer",
    "M2M100Tokenizer", "MBart50Tokenizer", "MBartTokenizer", "MLukeTokenizer", "MPNetTokenizer",
    "MarianTokenizer", "MarkupLMTokenizer", "MgpstrTokenizer", "MobileBertTokenizer",
    "MvpTokenizer", "MyT5Tokenizer", "NllbTokenizer", "NougatTokenizer", "OpenAIGPTTokenizer",
    "PLBartTokenizer", "PegasusTokenizer", "PerceiverTokenizer", "PhobertTokenizer",
    "Pop2PianoTokenizer", "ProphetNetTokenizer", "RagTokenizer", "ReformerTokenizer",
    "RemBertTokenizer", "RoCBertTokenizer", "RoFormerTokenizer", "RobertaTokenizer",
    "SeamlessM4TTokenizer", "Siglip2Tokenizer", "SiglipTokenizer", "Speech2TextTokenizer",
    "SpeechT5Tokenizer", "SplinterTokenizer", "SqueezeBertTokenizer", "T5Tokenizer",
    "TapasTokenizer", "Tipsv2Tokenizer", "UdopTokenizer", "VideoPrismTokenizer", "VitsTokenizer",
    "Wav2Vec2CTCTokenizer", "WhisperTokenizer", "XGLMTokenizer", "XLMRobertaTokenizer",
    "XLMTokenizer", "XLNetTokenizer",
  ]
}
