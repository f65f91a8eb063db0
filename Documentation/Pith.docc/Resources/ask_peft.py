import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedTokenizerFast

tokenizer = PreTrainedTokenizerFast.from_pretrained("exports/peft")
model = AutoModelForCausalLM.from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct")
model.generation_config = GenerationConfig(do_sample=False, max_new_tokens=64, eos_token_id=[2])
model = PeftModel.from_pretrained(model, "exports/peft")

# The text of the template after the system message, without the 3 tokens of the closing.
messages = [{"role": "system", "content": "<context>"},
            {"role": "user", "content": "When is the counter open on Saturday?"}]
text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, chat_template=open("exports/peft/chat_template.jinja").read())
ids = tokenizer(text.split("<context>", 1)[1], add_special_tokens=False,
                return_tensors="pt").input_ids[:, 3:]
output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids))
answer = output[0, ids.shape[1]:]
print(tokenizer.decode(answer, skip_special_tokens=True))
