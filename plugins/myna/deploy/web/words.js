// What the page says, in its two languages.

const en = {
  title: (name) => `${name} speaks`,
  lead: "Write something and hear it in this voice. It is a synthetic voice, made from recordings of a real person.",
  notice: "AI-generated: every sound that this page makes is marked, by a tone before it, a watermark in it and a label in its file.",
  text: "Text",
  speed: "Speed",
  speak: "Speak",
  local: "All of it is computed in this browser: your text and the sounds are sent nowhere.",
  terms: "Do not use it to deceive, impersonate or harass, and leave the marks in place.",
  loading: (done, of) => `Loading the voice … ${done.toFixed(0)} of ${of.toFixed(0)} MB`,
  starting: "Starting the voice …",
  ready: "Ready.",
  reading: "Reading the text …",
  speaking: "Speaking …",
  done: (speech, computed) => `${speech.toFixed(1)} s of speech in ${computed.toFixed(1)} s.`,
  download: "Download WAV",
  number: "Content number",
  seconds: (seconds) => `${seconds.toFixed(1)} s`,
  empty: "There is nothing to speak: write at least one word.",
  unmarkable: "This is too short to carry the watermark. Write a sentence or two more.",
  missing: (path) => `${path} is missing here; who runs this page has to copy the whole folder.`,
  espeak: "The program espeak-ng is missing, which reads all but Chinese for the voice. Who runs this page has to add it: myna export web --espeak.",
  changed: (path) => `${path} is not the file that belongs to this voice, so it is not used. Load the page again; if that does not help, tell who runs it.`,
  insecure: "Browsers let a page check its files only over https or on this very machine. Open the page over https.",
  unreadable: (letters) => `This page cannot read “${letters}”. Write Chinese characters or Latin letters.`,
  uncovered: (language) => `The person did not agree to speech in ${language} in this voice.`,
  failed: (why) => `That did not work: ${why}`,
};

const zh = {
  title: (name) => `${name} 的声音`,
  lead: "写下文字，听这个声音说出来。这是合成声音，由真人的录音制成。",
  notice: "人工智能合成：本页面生成的每段声音都带有标识：开头的提示音、声音中的水印和文件中的标签。",
  text: "文字",
  speed: "语速",
  speak: "说",
  local: "全部计算都在本浏览器中完成：文字和声音不会发送到任何地方。",
  terms: "不得用于欺骗、冒充或骚扰他人，也不得去除标识。",
  loading: (done, of) => `正在加载声音……${done.toFixed(0)} / ${of.toFixed(0)} MB`,
  starting: "正在启动……",
  ready: "就绪。",
  reading: "正在读文字……",
  speaking: "正在合成……",
  done: (speech, computed) => `${speech.toFixed(1)} 秒语音，用时 ${computed.toFixed(1)} 秒。`,
  download: "下载 WAV",
  number: "内容编号",
  seconds: (seconds) => `${seconds.toFixed(1)} 秒`,
  empty: "没有可说的内容：请至少写一个词。",
  unmarkable: "内容太短，无法加入水印。请再写一两句话。",
  missing: (path) => `缺少文件 ${path}；请本页面的管理者复制整个文件夹。`,
  espeak: "缺少程序 espeak-ng，它为声音读中文以外的文字。请本页面的管理者加入：myna export web --espeak。",
  changed: (path) => `${path} 不是属于这个声音的文件，因此不使用。请重新加载页面；若仍无效，请告知管理者。`,
  insecure: "只有通过 https 或在本机上，浏览器才允许页面核对文件。请用 https 打开。",
  unreadable: (letters) => `本页面不会读“${letters}”。请使用汉字或拉丁字母。`,
  uncovered: (language) => `本人没有同意用这个声音说${language}。`,
  failed: (why) => `没有成功：${why}`,
};

const EXAMPLES = {
  en: "The morning train was late, so we shared a pot of tea on the platform.",
  cmn: "清晨的火车晚点了，我们在站台上一起喝了一壶茶。",
};

const KEPT = "myna.language", WORDS = { en, zh };
let language = WORDS[localStorage.getItem(KEPT)] ? localStorage.getItem(KEPT) : first();

function first() {
  return navigator.languages.find((name) => /^(zh|en)/i.test(name))?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const pageLanguage = () => language;

export function choose(name) {
  language = name;
  localStorage.setItem(KEPT, name);
}

/** Return a sentence to try in a language, "" where there is none. */
export const exampleIn = (code) => EXAMPLES[code?.split("-")[0]] ?? "";

/** Return the name of a language. */
export function nameOf(code) {
  return new Intl.DisplayNames([language], { type: "language" }).of(code === "cmn" ? "zh" : code);
}

/** Return a text of the page; `rest` fills it in. */
export function say(key, ...rest) {
  const found = WORDS[language][key];
  return typeof found === "function" ? found(...rest) : found;
}
