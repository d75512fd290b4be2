import { createRouter, createWebHistory } from "vue-router";
import OverviewPage from "@/pages/OverviewPage.vue";
import type { IconName } from "@/components/base/AppIcon.vue";
import { Say } from "@/words";

export interface Place {
  name: IconName;
  path: string;
  words: () => string;
}

/** The pages that the navigation names, in its order. */
export const PLACES: readonly Place[] = [
  { name: "overview", path: "/", words: () => Say("what changed") },
  { name: "products", path: "/products", words: () => Say("products") },
  { name: "points", path: "/points", words: () => Say("key points") },
  { name: "ask", path: "/ask", words: () => Say("ask [a page]") },
  { name: "explore", path: "/explore", words: () => Say("explore") },
  { name: "queue", path: "/queue", words: () => Say("review queue") },
  { name: "inbox", path: "/inbox", words: () => Say("inbox") },
  { name: "recommend", path: "/recommend", words: () => Say("recommend [a page]") },
  { name: "upload", path: "/upload", words: () => Say("upload") },
  { name: "models", path: "/models", words: () => Say("models [a page]") },
  { name: "alerts", path: "/alerts", words: () => Say("alerts") },
  { name: "settings", path: "/settings", words: () => Say("settings") },
];

/** Made once the key is out of the address: from then on the router writes the address. */
export const makeRouter = () => createRouter({
  history: createWebHistory("/"),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    { path: "/", name: "overview", component: OverviewPage },
    { path: "/products", name: "products", component: () => import("@/pages/ProductsPage.vue") },
    { path: "/points", name: "points", component: () => import("@/pages/PointsPage.vue") },
    { path: "/ask", name: "ask", component: () => import("@/pages/AskPage.vue") },
    { path: "/explore", name: "explore", component: () => import("@/pages/ExplorePage.vue") },
    { path: "/queue", name: "queue", component: () => import("@/pages/QueuePage.vue") },
    { path: "/inbox", name: "inbox", component: () => import("@/pages/InboxPage.vue") },
    { path: "/recommend", name: "recommend", component: () => import("@/pages/RecommendPage.vue") },
    { path: "/upload", name: "upload", component: () => import("@/pages/UploadPage.vue") },
    { path: "/models", name: "models", component: () => import("@/pages/ModelsPage.vue") },
    { path: "/alerts", name: "alerts", component: () => import("@/pages/AlertsPage.vue") },
    { path: "/settings", name: "settings", component: () => import("@/pages/SettingsPage.vue") },
    { path: "/:other(.*)*", name: "nowhere", component: () => import("@/pages/NowherePage.vue") },
  ],
});
