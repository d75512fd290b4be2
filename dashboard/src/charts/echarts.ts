import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { EChartsOption } from "echarts";

use([BarChart, LineChart, CustomChart, GridComponent, TooltipComponent, CanvasRenderer]);

export type Option = EChartsOption;
