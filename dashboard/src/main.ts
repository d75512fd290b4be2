import { createApp } from "vue";
import App from "@/App.vue";
import { makeRouter } from "@/routing/router";
import { takeKey } from "@/session/session";
import { followTheme } from "@/session/theme";
import { firstLanguage, i18n, speak } from "@/words";
import "@/style/tokens.css";
import "@/style/base.css";

takeKey();
followTheme();
speak(firstLanguage());
createApp(App).use(i18n).use(makeRouter()).mount("#app");
